package decode

import "strings"

// huntingActions are how the kinds of action in advanced hunting begin, in small letters, with the category and the type.
// The first that fits decides.
const huntingActions = `
	processcreated                     process start
	processprimarytoken                process change
	openprocessapicall                 process,api access
	createremotethreadapicall          process,api change
	ntallocatevirtualmemory            process,api change
	ntmapviewofsection                 process,api change
	ntprotectvirtualmemory             process,api change
	queueuserapc                       process,api change
	readprocessmemoryapicall           process,api access
	setthreadcontext                   process,api change
	memoryremoteprotect                process,api change
	writetolsassprocessmemory          process,api change
	getasynckeystate                   process,api info
	getclipboarddata                   process,api info
	screenshottaken                    process info
	powershellcommand                  process info
	amsiscript                         process info
	scriptcontent                      process info
	shelllinkcreate                    file creation
	dpapiaccessed                      process access
	ldapsearch                         network info
	dnsqueryresponse                   network protocol
	dnsconnection                      network protocol
	firewall                           network info
	inboundinternet                    network connection
	networkprotection                  network,intrusion_detection info
	smartscreen                        web,intrusion_detection info
	browserlaunched                    web,process start
	antivirus                          malware,intrusion_detection info
	asr                                intrusion_detection,process info
	exploitguard                       intrusion_detection,process info
	controlledfolderaccess             intrusion_detection,file info
	appcontrol                         process info
	applocker                          process info
	driverload                         driver start
	imageloaded                        library,process start
	namedpipe                          file info
	remotewmioperation                 process,network info
	processcreatedusingwmi             process start
	wmibind                            configuration creation
	scheduledtaskcreated               configuration creation
	scheduledtaskdeleted               configuration deletion
	scheduledtask                      configuration change
	serviceinstalled                   configuration creation
	securitylogcleared                 configuration,iam deletion
	auditpolicymodification            configuration change
	securitygroupcreated               iam group,creation
	securitygroupdeleted               iam group,deletion
	useraccountadded                   iam group,change
	useraccountremoved                 iam group,change
	useraccountcreated                 iam user,creation
	useraccountdeleted                 iam user,deletion
	useraccountmodified                iam user,change
	account                            iam user,change
	passwordchangeattempt              iam user,change
	bluetooth                          host info
	pnpdevice                          host info
	usbdrive                           host info
	removablestorage                   host info
	otheralertrelatedactivity          intrusion_detection info
	tamperingattempt                   configuration,intrusion_detection change
	logonsuccess                       authentication start
	logonfailed                        authentication start
	logonattempted                     authentication start
	logoff                             authentication end
	connection                         network connection,start
	inboundconnection                  network connection,start
	listeningconnection                network connection
	filecreated                        file creation
	filedeleted                        file deletion
	filemodified                       file change
	filerenamed                        file change
	registrykeycreated                 registry creation
	registrykeydeleted                 registry deletion
	registryvaluedeleted               registry deletion
	registry                           registry change`

// sort sets what the action says of the sort of event: the category in the table of all that is no other's alone.
func (h *huntingRoles) sort(table, action string, o *output) {
	if a := sortOf(h.actions, action, strings.HasPrefix); a != nil {
		if table == "" || strings.HasSuffix(table, "-deviceevents") {
			o.keep(h.sorts[0], a.category)
		}
		o.keep(h.sorts[1], a.types)
	}
	o.put(h.sorts[1], "info")
}

// images joins the directories of programs with their names, where a directory is all that a column holds.
func (h *huntingRoles) images(in *doc, started bool, o *output) {
	to := h.program
	if started {
		to = h.launcher
	}
	for i := range 2 { // at the root, and below properties
		folder, name := in.text(h.folders[i]), in.text(h.files[i])
		if _, last := splitPath(folder); last != "" && name != "" && !strings.Contains(last, ".") && !strings.EqualFold(last, name) {
			o.put(to, joinPath(folder, name))
		}
	}
}
