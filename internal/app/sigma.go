package app

import (
	"os"
	"path"

	"tocsin/classify"
	"tocsin/internal/fault"
	"tocsin/rules"
)

// ImportSigma reads the Sigma rules of files and folders and writes them as native rules, see [rules.ImportSigma].
// The error is a [rules.Faults].
func ImportSigma(names, pipelines []string) ([]rules.Imported, *rules.Set, error) {
	var sources []rules.Source
	var files []rules.File
	var faults fault.List
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && info.IsDir() {
			sources = append(sources, rules.Source{Name: name, FS: os.DirFS(name)})
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			faults = append(faults, fault.Fault{File: name, Message: "cannot be read", Remedy: "name a file or folder of Sigma rules"})
			continue
		}
		files = append(files, rules.File{Name: name, Path: path.Base(name), Data: data})
	}
	opts := rules.Options{Categories: classify.Default().Categories()}
	opts.Pipelines, faults = pipelineFiles(pipelines, faults)
	if err := faults.Err(); err != nil {
		return nil, nil, err
	}
	return rules.ImportSigma(sources, files, opts)
}

// pipelineFiles reads files of pipelines.
func pipelineFiles(names []string, faults fault.List) ([]rules.File, fault.List) {
	var files []rules.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			faults = append(faults, fault.Fault{File: name, Message: "cannot be read", Remedy: "name a file with a Sigma pipeline"})
			continue
		}
		files = append(files, rules.File{Name: name, Data: data})
	}
	return files, faults
}
