// Command devcluster is every server that kubectl-order is developed and tested against, in one binary.
//
// It runs as the program whose name it was started under (a symbolic link suffices): kube-apiserver,
// kube-controller-manager, etcd, pebble or devdns. One binary shares most of its code between them: it
// is built once and is a third of the size of five.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "etcd":
		etcdmain.Main(os.Args)
	case "pebble":
		exit(runPebble(os.Args[1:]))
	case "devdns":
		exit(runDNS(os.Args[1:]))
	default:
		fmt.Fprintf(os.Stderr, "devcluster: started as %q; start it as kube-apiserver, kube-controller-manager, etcd, pebble or devdns\n", name)
		os.Exit(2)
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
