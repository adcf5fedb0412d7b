package decode

import "strings"

// A deriver fills fields that follow from others: names of executables, parts of paths, parts of registry keys.
type deriver struct {
	executables [][2]*name
	filePath    *name
	file        []*name
	registry    []*name
}

func newDeriver(d *dictionary) deriver {
	return deriver{
		executables: [][2]*name{
			{d.name("process.executable"), d.name("process.name")},
			{d.name("process.parent.executable"), d.name("process.parent.name")},
			{d.name("dll.path"), d.name("dll.name")},
		},
		filePath: d.name("file.path"),
		file:     d.names("file.name", "file.directory", "file.extension"),
		registry: d.names("registry.path", "registry.hive", "registry.key", "registry.value"),
	}
}

// programs sets the names of executables.
func (d *deriver) programs(o *output) {
	for _, pair := range d.executables {
		if o.has(pair[0]) {
			_, base := splitPath(o.text(pair[0]))
			o.put(pair[1], base)
		}
	}
}

func (d *deriver) apply(o *output) {
	d.programs(o)
	if o.has(d.filePath) {
		directory, base := splitPath(o.text(d.filePath))
		o.put(d.file[0], base)
		o.put(d.file[1], directory)
		if dot := strings.LastIndexByte(base, '.'); dot > 0 && dot < len(base)-1 {
			o.put(d.file[2], base[dot+1:])
		}
	}
	if o.has(d.registry[0]) {
		hive, key, ok := strings.Cut(o.text(d.registry[0]), `\`)
		if long := hives[strings.ToUpper(hive)]; ok && long != "" {
			o.put(d.registry[1], long)
			o.put(d.registry[2], key)
			if slash := strings.LastIndexByte(key, '\\'); slash >= 0 {
				o.put(d.registry[3], key[slash+1:])
			}
		}
	}
}

// splitPath cuts a path of either system at its last separator.
func splitPath(path string) (directory, base string) {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '\\' || path[i] == '/' {
			return path[:i], path[i+1:]
		}
	}
	return "", path
}

// wholePath reports whether a text is the path of a file rather than its name alone.
func wholePath(s string) bool { return strings.HasPrefix(s, "/") || strings.IndexByte(s, '\\') > 0 }

// hives are the short names of the registry's roots, as ECS wants them.
var hives = map[string]string{
	"HKLM": "HKLM", "HKU": "HKU", "HKCR": "HKCR", "HKCU": "HKCU", "HKCC": "HKCC",
	"HKEY_LOCAL_MACHINE": "HKLM", "HKEY_USERS": "HKU", "HKEY_CLASSES_ROOT": "HKCR", "HKEY_CURRENT_USER": "HKCU", "HKEY_CURRENT_CONFIG": "HKCC",
}
