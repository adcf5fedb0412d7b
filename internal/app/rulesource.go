package app

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tocsin/internal/fault"
	"tocsin/rules"
)

// ruleSources are the folders and rule files of that name. A file comes with the lists and pipelines of its folder, or of
// the one above, and with nothing else that lies there.
func ruleSources(names []string) ([]rules.Source, fault.List) {
	var sources []rules.Source
	var faults fault.List
	single := map[string]*someRules{} // by folder
	for _, name := range names {
		info, err := os.Stat(name)
		ext := filepath.Ext(name)
		switch {
		case err == nil && info.IsDir():
			sources = append(sources, rules.Source{Name: name, FS: os.DirFS(name)})
		case err == nil && (ext == ".yml" || ext == ".yaml"):
			root, file := placeOf(name)
			if single[root] == nil {
				single[root] = &someRules{FS: os.DirFS(root)}
				sources = append(sources, rules.Source{Name: root, FS: single[root]})
			}
			single[root].files = append(single[root].files, file)
		default:
			faults = append(faults, fault.Fault{File: name, Message: "is no folder or file of rules that can be read", Remedy: "name a folder of rule files, or a rule file (.yml, .yaml)"})
		}
	}
	return sources, faults
}

// placeOf is the folder that a rule file is read from, and its path there.
func placeOf(name string) (root, file string) {
	root, file = filepath.Dir(name), filepath.Base(name)
	if above := filepath.Join(root, ".."); !hasCompany(root) && hasCompany(above) {
		if abs, err := filepath.Abs(root); err == nil {
			return above, path.Join(filepath.Base(abs), file)
		}
	}
	return root, file
}

// company are the folders that a rule file by itself is read with.
var company = []string{"lists", "pipelines"}

func hasCompany(dir string) bool {
	return slices.ContainsFunc(company, func(c string) bool {
		info, err := os.Stat(filepath.Join(dir, c))
		return err == nil && info.IsDir()
	})
}

// someRules is a folder of which only some rule files, and what they are read with, are seen.
type someRules struct {
	fs.FS
	files []string
}

// ReadDir lists what of a folder is seen.
func (s *someRules) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		p := path.Join(name, e.Name())
		if first, _, _ := strings.Cut(p, "/"); slices.Contains(company, first) {
			return false
		}
		return !slices.ContainsFunc(s.files, func(f string) bool { return f == p || strings.HasPrefix(f, p+"/") })
	}), err
}
