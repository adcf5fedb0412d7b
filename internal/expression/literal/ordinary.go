package literal

import "strings"

// ordinary is what many records hold wherever they come from: to find it says little. What is left out here costs time and
// nothing else.
const ordinary = `c:\windows\system32\ntdll.dll+
c:\windows\system32\kernelbase.dll+
c:\windows\system32\kernel32.dll+
c:\windows\system32\svchost.exe -k netsvcs -p -s
c:\windows\system32\conhost.exe 0xffffffff -forcev1
c:\windows\system32\windowspowershell\v1.0\powershell.exe
"c:\windows\system32\cmd.exe" /c
c:\windows\system32\services.exe
c:\windows\syswow64\
c:\windows\explorer.exe
c:\program files (x86)\microsoft\
c:\program files\common files\
c:\programdata\microsoft\windows\
c:\users\administrator\appdata\local\temp\
c:\users\public\
\appdata\roaming\microsoft\windows\
hklm\system\currentcontrolset\services\
hklm\software\microsoft\windows\currentversion\
hkcu\software\microsoft\windows nt\currentversion\
microsoft corporation
microsoft windows
microsoft® windows® operating system
nt authority\system
nt authority\local service
nt authority\network service
/bin/bash -c
/bin/sh -c
/usr/local/bin/
/usr/sbin/
/var/log/
/etc/
/tmp/
http://www.
https://
.com/
0x3e7
0x1000
0x1400
createkey
setvalue
success
failure
medium
system
false
valid
true
high
root
user
.exe
.dll
`

// Ordinary reports whether a text in lower case is a part of what many records hold.
func Ordinary(text string) bool { return strings.Contains(ordinary, text) }
