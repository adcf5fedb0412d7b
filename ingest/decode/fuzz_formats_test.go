package decode

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
)

// fuzzFormat feeds one format what it asks for and everything else: an alert whose fields hold what their types promise
// and whose document is JSON, or a rejection with a reason.
func fuzzFormat(f *testing.F, format string) {
	for name, text := range samples {
		if strings.HasPrefix(name, format) || strings.HasPrefix(name, strings.ReplaceAll(format, "_", " ")) {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte(`{"a":1}`))
	f.Add([]byte("<1>1 - - - - - [a b=\"\x80"))
	d, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, rejected := d.Decode(ingest.Record{Value: text, Format: format, Received: time.Unix(1772359200, 0)})
		if rejected != nil {
			if rejected.Reason == "" || rejected.Detail == "" {
				t.Fatalf("rejection %+v", rejected)
			}
			return
		}
		if a.Format != format {
			t.Fatalf("asked for %s, read as %s", format, a.Format)
		}
		checkTypes(t, a)
		checkTexts(t, &a)
		if doc, err := Document(a, ""); err != nil || !json.Valid(doc) {
			t.Fatalf("document: %v\n%s", err, doc)
		}
	})
}

// One target for each format.
func FuzzFormatHayabusa(f *testing.F)           { fuzzFormat(f, "hayabusa") }
func FuzzFormatChainsaw(f *testing.F)           { fuzzFormat(f, "chainsaw") }
func FuzzFormatZircolite(f *testing.F)          { fuzzFormat(f, "zircolite") }
func FuzzFormatRsigma(f *testing.F)             { fuzzFormat(f, "rsigma") }
func FuzzFormatWazuh(f *testing.F)              { fuzzFormat(f, "wazuh") }
func FuzzFormatSuricata(f *testing.F)           { fuzzFormat(f, "suricata") }
func FuzzFormatCloudtrail(f *testing.F)         { fuzzFormat(f, "cloudtrail") }
func FuzzFormatWazuh5(f *testing.F)             { fuzzFormat(f, "wazuh5") }
func FuzzFormatElastic(f *testing.F)            { fuzzFormat(f, "elastic") }
func FuzzFormatWindows(f *testing.F)            { fuzzFormat(f, "windows") }
func FuzzFormatZeek(f *testing.F)               { fuzzFormat(f, "zeek") }
func FuzzFormatSplunk(f *testing.F)             { fuzzFormat(f, "splunk") }
func FuzzFormatFalco(f *testing.F)              { fuzzFormat(f, "falco") }
func FuzzFormatGuardduty(f *testing.F)          { fuzzFormat(f, "guardduty") }
func FuzzFormatSecurityHub(f *testing.F)        { fuzzFormat(f, "security_hub") }
func FuzzFormatGcpAudit(f *testing.F)           { fuzzFormat(f, "gcp_audit") }
func FuzzFormatGcpFinding(f *testing.F)         { fuzzFormat(f, "gcp_finding") }
func FuzzFormatSentinel(f *testing.F)           { fuzzFormat(f, "sentinel") }
func FuzzFormatSentinelIncident(f *testing.F)   { fuzzFormat(f, "sentinel_incident") }
func FuzzFormatDefender(f *testing.F)           { fuzzFormat(f, "defender") }
func FuzzFormatHunting(f *testing.F)            { fuzzFormat(f, "hunting") }
func FuzzFormatCrowdstrike(f *testing.F)        { fuzzFormat(f, "crowdstrike") }
func FuzzFormatSentinelOne(f *testing.F)        { fuzzFormat(f, "sentinel_one") }
func FuzzFormatKubernetes(f *testing.F)         { fuzzFormat(f, "kubernetes") }
func FuzzFormatOsquery(f *testing.F)            { fuzzFormat(f, "osquery") }
func FuzzFormatOcsf(f *testing.F)               { fuzzFormat(f, "ocsf") }
func FuzzFormatOpensearch(f *testing.F)         { fuzzFormat(f, "opensearch") }
func FuzzFormatAlertmanager(f *testing.F)       { fuzzFormat(f, "alertmanager") }
func FuzzFormatOkta(f *testing.F)               { fuzzFormat(f, "okta") }
func FuzzFormatGithub(f *testing.F)             { fuzzFormat(f, "github") }
func FuzzFormatAzure(f *testing.F)              { fuzzFormat(f, "azure") }
func FuzzFormatOffice(f *testing.F)             { fuzzFormat(f, "office") }
func FuzzFormatLaurel(f *testing.F)             { fuzzFormat(f, "laurel") }
func FuzzFormatAuditItems(f *testing.F)         { fuzzFormat(f, "audit_items") }
func FuzzFormatEslogger(f *testing.F)           { fuzzFormat(f, "eslogger") }
func FuzzFormatDashboards(f *testing.F)         { fuzzFormat(f, "dashboards") }
func FuzzFormatEcs(f *testing.F)                { fuzzFormat(f, "ecs") }
func FuzzFormatJson(f *testing.F)               { fuzzFormat(f, "json") }
func FuzzFormatCef(f *testing.F)                { fuzzFormat(f, "cef") }
func FuzzFormatLeef(f *testing.F)               { fuzzFormat(f, "leef") }
func FuzzFormatAuditd(f *testing.F)             { fuzzFormat(f, "auditd") }
func FuzzFormatWindowsXml(f *testing.F)         { fuzzFormat(f, "windows_xml") }
func FuzzFormatWindowsSyslog(f *testing.F)      { fuzzFormat(f, "windows_syslog") }
func FuzzFormatWindowsMessage(f *testing.F)     { fuzzFormat(f, "windows_message") }
func FuzzFormatXml(f *testing.F)                { fuzzFormat(f, "xml") }
func FuzzFormatCiscoAsa(f *testing.F)           { fuzzFormat(f, "cisco_asa") }
func FuzzFormatCiscoIos(f *testing.F)           { fuzzFormat(f, "cisco_ios") }
func FuzzFormatPanos(f *testing.F)              { fuzzFormat(f, "panos") }
func FuzzFormatBalancer(f *testing.F)           { fuzzFormat(f, "balancer") }
func FuzzFormatHaproxy(f *testing.F)            { fuzzFormat(f, "haproxy") }
func FuzzFormatSquid(f *testing.F)              { fuzzFormat(f, "squid") }
func FuzzFormatVpcflow(f *testing.F)            { fuzzFormat(f, "vpcflow") }
func FuzzFormatIisNative(f *testing.F)          { fuzzFormat(f, "iis_native") }
func FuzzFormatPingfederateServer(f *testing.F) { fuzzFormat(f, "pingfederate_server") }
func FuzzFormatAwsRoute53(f *testing.F)         { fuzzFormat(f, "aws_route53") }
func FuzzFormatAwsS3Access(f *testing.F)        { fuzzFormat(f, "aws_s3_access") }
func FuzzFormatSquid3(f *testing.F)             { fuzzFormat(f, "squid_3") }
func FuzzFormatIisError(f *testing.F)           { fuzzFormat(f, "iis_error") }
func FuzzFormatActivemq(f *testing.F)           { fuzzFormat(f, "activemq") }
func FuzzFormatOracleAuditLine(f *testing.F)    { fuzzFormat(f, "oracle_audit_line") }
func FuzzFormatWeblogic(f *testing.F)           { fuzzFormat(f, "weblogic") }
func FuzzFormatTomcat(f *testing.F)             { fuzzFormat(f, "tomcat") }
func FuzzFormatKeycloak(f *testing.F)           { fuzzFormat(f, "keycloak") }
func FuzzFormatKlog(f *testing.F)               { fuzzFormat(f, "klog") }
func FuzzFormatMssqlAudit(f *testing.F)         { fuzzFormat(f, "mssql_audit") }
func FuzzFormatIbmMqLine(f *testing.F)          { fuzzFormat(f, "ibm_mq_line") }
func FuzzFormatMariadbAudit(f *testing.F)       { fuzzFormat(f, "mariadb_audit") }
func FuzzFormatMicrosoftDns(f *testing.F)       { fuzzFormat(f, "microsoft_dns") }
func FuzzFormatWebsphere(f *testing.F)          { fuzzFormat(f, "websphere") }
func FuzzFormatHdfsAudit(f *testing.F)          { fuzzFormat(f, "hdfs_audit") }
func FuzzFormatExchange(f *testing.F)           { fuzzFormat(f, "exchange") }
func FuzzFormatJvmGc(f *testing.F)              { fuzzFormat(f, "jvm_gc") }
func FuzzFormatIis(f *testing.F)                { fuzzFormat(f, "iis") }
func FuzzFormatVcenterAccess(f *testing.F)      { fuzzFormat(f, "vcenter_access") }
func FuzzFormatWeblog(f *testing.F)             { fuzzFormat(f, "weblog") }
func FuzzFormatContainer(f *testing.F)          { fuzzFormat(f, "container") }
func FuzzFormatCarbonBlackAppControl(f *testing.F) {
	fuzzFormat(f, "carbon_black_app_control")
}
func FuzzFormatCylance(f *testing.F)              { fuzzFormat(f, "cylance") }
func FuzzFormatCassandra(f *testing.F)            { fuzzFormat(f, "cassandra") }
func FuzzFormatKeyvalue(f *testing.F)             { fuzzFormat(f, "keyvalue") }
func FuzzFormatSyslog(f *testing.F)               { fuzzFormat(f, "syslog") }
func FuzzFormatProduct(f *testing.F)              { fuzzFormat(f, "product") }
func FuzzFormatPlain(f *testing.F)                { fuzzFormat(f, "plain") }
func FuzzFormatEpo(f *testing.F)                  { fuzzFormat(f, "epo") }
func FuzzFormatCyberarkVault(f *testing.F)        { fuzzFormat(f, "cyberark_vault") }
func FuzzFormatSiteminder(f *testing.F)           { fuzzFormat(f, "siteminder") }
func FuzzFormatCiscoUmbrella(f *testing.F)        { fuzzFormat(f, "cisco_umbrella") }
func FuzzFormatMysqlSlow(f *testing.F)            { fuzzFormat(f, "mysql_slow") }
func FuzzFormatCiscoMeraki(f *testing.F)          { fuzzFormat(f, "cisco_meraki") }
func FuzzFormatCitrixAdc(f *testing.F)            { fuzzFormat(f, "citrix_adc") }
func FuzzFormatF5Bigip(f *testing.F)              { fuzzFormat(f, "f5_bigip") }
func FuzzFormatVcenter(f *testing.F)              { fuzzFormat(f, "vcenter") }
func FuzzFormatAruba(f *testing.F)                { fuzzFormat(f, "aruba") }
func FuzzFormatPingfederate(f *testing.F)         { fuzzFormat(f, "pingfederate") }
func FuzzFormatPulseSecure(f *testing.F)          { fuzzFormat(f, "pulse_secure") }
func FuzzFormatInfoblox(f *testing.F)             { fuzzFormat(f, "infoblox") }
func FuzzFormatQnap(f *testing.F)                 { fuzzFormat(f, "qnap") }
func FuzzFormatOracleAudit(f *testing.F)          { fuzzFormat(f, "oracle_audit") }
func FuzzFormatAixAudit(f *testing.F)             { fuzzFormat(f, "aix_audit") }
func FuzzFormatOpenvpn(f *testing.F)              { fuzzFormat(f, "openvpn") }
func FuzzFormatArubaCx(f *testing.F)              { fuzzFormat(f, "aruba_cx") }
func FuzzFormatCiscoWsa(f *testing.F)             { fuzzFormat(f, "cisco_wsa") }
func FuzzFormatSquid2(f *testing.F)               { fuzzFormat(f, "squid_2") }
func FuzzFormatVmwareEsx(f *testing.F)            { fuzzFormat(f, "vmware_esx") }
func FuzzFormatCiscoIse(f *testing.F)             { fuzzFormat(f, "cisco_ise") }
func FuzzFormatOpenldap(f *testing.F)             { fuzzFormat(f, "openldap") }
func FuzzFormatFreeradius(f *testing.F)           { fuzzFormat(f, "freeradius") }
func FuzzFormatRsaSecurid(f *testing.F)           { fuzzFormat(f, "rsa_securid") }
func FuzzFormatSymantecEp(f *testing.F)           { fuzzFormat(f, "symantec_ep") }
func FuzzFormatClavister(f *testing.F)            { fuzzFormat(f, "clavister") }
func FuzzFormatTenableAd(f *testing.F)            { fuzzFormat(f, "tenable_ad") }
func FuzzFormatBarracudaFirewall(f *testing.F)    { fuzzFormat(f, "barracuda_firewall") }
func FuzzFormatArubaSwitch(f *testing.F)          { fuzzFormat(f, "aruba_switch") }
func FuzzFormatHaproxy2(f *testing.F)             { fuzzFormat(f, "haproxy_2") }
func FuzzFormatVeeam(f *testing.F)                { fuzzFormat(f, "veeam") }
func FuzzFormatNetskopeTransactions(f *testing.F) { fuzzFormat(f, "netskope_transactions") }
func FuzzFormatForcepointManagement(f *testing.F) { fuzzFormat(f, "forcepoint_management") }
func FuzzFormatStormshield(f *testing.F)          { fuzzFormat(f, "stormshield") }
func FuzzFormatSophosXg(f *testing.F)             { fuzzFormat(f, "sophos_xg") }
func FuzzFormatCheckpoint(f *testing.F)           { fuzzFormat(f, "checkpoint") }
func FuzzFormatFirepower(f *testing.F)            { fuzzFormat(f, "firepower") }
func FuzzFormatImpervaDam(f *testing.F)           { fuzzFormat(f, "imperva_dam") }
func FuzzFormatBarracudaEsg(f *testing.F)         { fuzzFormat(f, "barracuda_esg") }
func FuzzFormatBarracudaWaf(f *testing.F)         { fuzzFormat(f, "barracuda_waf") }
func FuzzFormatSonicwall(f *testing.F)            { fuzzFormat(f, "sonicwall") }
func FuzzFormatPulsePairs(f *testing.F)           { fuzzFormat(f, "pulse_pairs") }
func FuzzFormatSkyhigh(f *testing.F)              { fuzzFormat(f, "skyhigh") }
func FuzzFormatNetskopeColumns(f *testing.F)      { fuzzFormat(f, "netskope_columns") }
func FuzzFormatF5Headless(f *testing.F)           { fuzzFormat(f, "f5_headless") }
func FuzzFormatSnortFull(f *testing.F)            { fuzzFormat(f, "snort_full") }
func FuzzFormatProxysg(f *testing.F)              { fuzzFormat(f, "proxysg") }
func FuzzFormatArbor(f *testing.F)                { fuzzFormat(f, "arbor") }
func FuzzFormatBluecoatDirector(f *testing.F)     { fuzzFormat(f, "bluecoat_director") }
func FuzzFormatSophosUtm(f *testing.F)            { fuzzFormat(f, "sophos_utm") }
func FuzzFormatZscalerNss(f *testing.F)           { fuzzFormat(f, "zscaler_nss") }
func FuzzFormatF5Afm(f *testing.F)                { fuzzFormat(f, "f5_afm") }
func FuzzFormatF5Apm(f *testing.F)                { fuzzFormat(f, "f5_apm") }
func FuzzFormatElasticsearch(f *testing.F)        { fuzzFormat(f, "elasticsearch") }
func FuzzFormatMongodb(f *testing.F)              { fuzzFormat(f, "mongodb") }
func FuzzFormatRedis(f *testing.F)                { fuzzFormat(f, "redis") }
func FuzzFormatMssql(f *testing.F)                { fuzzFormat(f, "mssql") }
func FuzzFormatCoredns(f *testing.F)              { fuzzFormat(f, "coredns") }
func FuzzFormatAwsElb(f *testing.F)               { fuzzFormat(f, "aws_elb") }
func FuzzFormatElasticsearchAudit(f *testing.F)   { fuzzFormat(f, "elasticsearch_audit") }
func FuzzFormatPostgresql(f *testing.F)           { fuzzFormat(f, "postgresql") }
func FuzzFormatMysqlError(f *testing.F)           { fuzzFormat(f, "mysql_error") }
func FuzzFormatIbmMq(f *testing.F)                { fuzzFormat(f, "ibm_mq") }
func FuzzFormatNats(f *testing.F)                 { fuzzFormat(f, "nats") }
func FuzzFormatSanta(f *testing.F)                { fuzzFormat(f, "santa") }
func FuzzFormatEnvoy(f *testing.F)                { fuzzFormat(f, "envoy") }
func FuzzFormatJunos(f *testing.F)                { fuzzFormat(f, "junos") }
func FuzzFormatMicrosoftDhcp(f *testing.F)        { fuzzFormat(f, "microsoft_dhcp") }
func FuzzFormatSnortCsv(f *testing.F)             { fuzzFormat(f, "snort_csv") }
func FuzzFormatWatchguard(f *testing.F)           { fuzzFormat(f, "watchguard") }
func FuzzFormatNps(f *testing.F)                  { fuzzFormat(f, "nps") }
func FuzzFormatCiscoFmc(f *testing.F)             { fuzzFormat(f, "cisco_fmc") }
func FuzzFormatKaspersky(f *testing.F)            { fuzzFormat(f, "kaspersky") }
func FuzzFormatWallix(f *testing.F)               { fuzzFormat(f, "wallix") }
func FuzzFormatFortiedr(f *testing.F)             { fuzzFormat(f, "fortiedr") }
func FuzzFormatNetscreen(f *testing.F)            { fuzzFormat(f, "netscreen") }
func FuzzFormatSystanciaCleanroom(f *testing.F)   { fuzzFormat(f, "systancia_cleanroom") }
func FuzzFormatRecordedFuture(f *testing.F)       { fuzzFormat(f, "recorded_future_list") }
func FuzzFormatProofpointFilter(f *testing.F)     { fuzzFormat(f, "proofpoint_filter") }
func FuzzFormatCyberwatch(f *testing.F)           { fuzzFormat(f, "cyberwatch") }
func FuzzFormatRuntime(f *testing.F)              { fuzzFormat(f, "runtime") }
func FuzzFormatCouchdb(f *testing.F)              { fuzzFormat(f, "couchdb") }
func FuzzFormatWebmin(f *testing.F)               { fuzzFormat(f, "webmin") }
func FuzzFormatCpanel(f *testing.F)               { fuzzFormat(f, "cpanel") }
func FuzzFormatAsterisk(f *testing.F)             { fuzzFormat(f, "asterisk") }
func FuzzFormatTcpdump(f *testing.F)              { fuzzFormat(f, "tcpdump") }
func FuzzFormatCiscoEsa(f *testing.F)             { fuzzFormat(f, "cisco_esa") }
func FuzzFormatEkinops(f *testing.F)              { fuzzFormat(f, "ekinops") }

// TestEveryFormatIsFuzzed holds that each format has a target above.
func TestEveryFormatIsFuzzed(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "fuzz_formats_test.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var fuzzed []string
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 2 {
			if name, ok := call.Args[1].(*ast.BasicLit); ok {
				fuzzed = append(fuzzed, strings.Trim(name.Value, `"`))
			}
		}
		return true
	})
	for _, f := range formats() {
		if !slices.Contains(fuzzed, f.name) {
			t.Errorf("no target fuzzes %s", f.name)
		}
	}
}
