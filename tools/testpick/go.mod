module tocsin/tools/testpick

go 1.26
