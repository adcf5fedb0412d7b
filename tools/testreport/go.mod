module tocsin/tools/testreport

go 1.26
