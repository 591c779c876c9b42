package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// holdLabel is the name under a zone whose TXT record, while it exists, makes the server keep back every
// other TXT record of that zone: the change is stored, nobody sees it. It stands for slow propagation.
const holdLabel = "_hold."

// server is a small authoritative DNS server for tests. It answers for its zones from memory, takes RFC
// 2136 updates signed with its TSIG key, and hands out a zone by AXFR so that a test can see what is left.
// Names without records of their own get the address given with -address, as a wildcard would.
type server struct {
	mutex   sync.RWMutex
	zones   []string
	address net.IP
	nsNames []string
	records map[string][]dns.RR // owner name, lower case, fully qualified
	keyName string
}

type zoneList []string

func (zones *zoneList) String() string { return strings.Join(*zones, ",") }
func (zones *zoneList) Set(value string) error {
	*zones = append(*zones, strings.ToLower(dns.Fqdn(value)))
	return nil
}

// runDNS serves until the process is ended. The TSIG secret comes from the file named by -tsig-file: the
// arguments of a process are for everybody to read.
func runDNS(args []string) error {
	flags := flag.NewFlagSet("devdns", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on, UDP and TCP")
	address := flags.String("address", "127.0.0.1", "address that unknown names of a zone have")
	keyName := flags.String("tsig-name", "", "name of the TSIG key")
	keyFile := flags.String("tsig-file", "", "file with the TSIG secret in base64")
	var zones, nsNames zoneList
	flags.Var(&zones, "zone", "zone to be authoritative for (repeat)")
	flags.Var(&nsNames, "ns", "name server of the zones (repeat; default ns1.<zone>)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secret, err := os.ReadFile(*keyFile)
	if err != nil {
		return err
	}
	served := &server{
		zones: zones, nsNames: nsNames, address: net.ParseIP(*address),
		records: map[string][]dns.RR{}, keyName: strings.ToLower(dns.Fqdn(*keyName)),
	}
	keys := map[string]string{served.keyName: strings.TrimSpace(string(secret))}
	accept := func(header dns.Header) dns.MsgAcceptAction {
		if opcode := int(header.Bits>>11) & 0xF; opcode == dns.OpcodeUpdate {
			return dns.MsgAccept
		}
		return dns.DefaultMsgAcceptFunc(header)
	}
	failed := make(chan error, 2)
	for _, network := range []string{"udp", "tcp"} {
		listener := &dns.Server{
			Addr: *listen, Net: network, Handler: served, TsigSecret: keys, MsgAcceptFunc: accept,
			NotifyStartedFunc: func() { fmt.Println("listening on", *listen, network) },
		}
		go func() { failed <- listener.ListenAndServe() }()
	}
	return <-failed
}

func (served *server) ServeDNS(writer dns.ResponseWriter, request *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(request)
	signed := request.IsTsig() != nil && writer.TsigStatus() == nil
	switch {
	case len(request.Question) != 1:
		reply.Rcode = dns.RcodeFormatError
	case request.Opcode == dns.OpcodeUpdate:
		reply.Rcode = served.update(request, signed)
	case request.Question[0].Qtype == dns.TypeAXFR:
		served.transfer(writer, request)
		return
	default:
		served.answer(reply, request.Question[0])
	}
	if tsig := request.IsTsig(); tsig != nil && signed {
		reply.SetTsig(tsig.Hdr.Name, tsig.Algorithm, tsig.Fudge, time.Now().Unix())
	}
	if _, udp := writer.RemoteAddr().(*net.UDPAddr); udp {
		size := uint16(dns.MinMsgSize)
		if edns := request.IsEdns0(); edns != nil {
			size = edns.UDPSize()
		}
		reply.Truncate(int(size))
	}
	_ = writer.WriteMsg(reply)
}

// zoneOf is the longest zone that name is in, or "".
func (served *server) zoneOf(name string) string {
	best := ""
	for _, zone := range served.zones {
		if dns.IsSubDomain(zone, name) && len(zone) > len(best) {
			best = zone
		}
	}
	return best
}

func (served *server) answer(reply *dns.Msg, question dns.Question) {
	served.mutex.RLock()
	defer served.mutex.RUnlock()
	name := strings.ToLower(question.Name)
	zone := served.zoneOf(name)
	if zone == "" {
		reply.Rcode = dns.RcodeRefused
		return
	}
	reply.Authoritative = true
	for range 8 { // CNAMEs inside our zones are followed, as servers do
		found := served.find(name, zone, question.Qtype)
		reply.Answer = append(reply.Answer, found...)
		if len(found) != 1 || found[0].Header().Rrtype != dns.TypeCNAME || question.Qtype == dns.TypeCNAME {
			break
		}
		name = strings.ToLower(found[0].(*dns.CNAME).Target)
		if zone = served.zoneOf(name); zone == "" {
			return
		}
	}
	if len(reply.Answer) == 0 {
		reply.Ns = []dns.RR{soa(zone)}
		if !served.exists(name, zone) {
			reply.Rcode = dns.RcodeNameError
		}
	}
}

// exists tells whether the name has records, so that an empty answer is NODATA and not NXDOMAIN. Names
// that start with an underscore exist only by their records; every other name has an address.
func (served *server) exists(name, zone string) bool {
	return name == zone || len(served.records[name]) > 0 || !strings.HasPrefix(name, "_")
}

func (served *server) find(name, zone string, kind uint16) []dns.RR {
	var found []dns.RR
	held := len(served.records[holdLabel+zone]) > 0 && !strings.HasPrefix(name, holdLabel)
	for _, record := range served.records[name] {
		switch record.Header().Rrtype {
		case dns.TypeCNAME:
			return []dns.RR{record}
		case kind:
			if kind != dns.TypeTXT || !held {
				found = append(found, record)
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	switch {
	case kind == dns.TypeSOA && name == zone:
		return []dns.RR{soa(zone)}
	case kind == dns.TypeNS && name == zone:
		return served.nameServers(zone)
	case kind == dns.TypeA && served.exists(name, zone):
		return []dns.RR{&dns.A{Hdr: header(name, dns.TypeA), A: served.address}}
	}
	return nil
}

func (served *server) nameServers(zone string) []dns.RR {
	names := served.nsNames
	if len(names) == 0 {
		names = []string{"ns1." + zone}
	}
	var found []dns.RR
	for _, name := range names {
		found = append(found, &dns.NS{Hdr: header(zone, dns.TypeNS), Ns: name})
	}
	return found
}

func header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: 1}
}

func soa(zone string) dns.RR {
	return &dns.SOA{
		Hdr: header(zone, dns.TypeSOA), Ns: "ns1." + zone, Mbox: "hostmaster." + zone,
		Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, Minttl: 1,
	}
}

// update applies an RFC 2136 message. Prerequisites are not supported: none of our clients sends any.
func (served *server) update(request *dns.Msg, signed bool) int {
	zone := strings.ToLower(request.Question[0].Name)
	switch {
	case !signed:
		return dns.RcodeNotAuth
	case served.zoneOf(zone) != zone:
		return dns.RcodeNotAuth
	case len(request.Answer) > 0:
		return dns.RcodeNotImplemented
	}
	served.mutex.Lock()
	defer served.mutex.Unlock()
	for _, record := range request.Ns {
		if !dns.IsSubDomain(zone, record.Header().Name) {
			return dns.RcodeNotZone
		}
	}
	for _, record := range request.Ns {
		served.apply(record)
	}
	return dns.RcodeSuccess
}

func (served *server) apply(change dns.RR) {
	at := change.Header()
	name := strings.ToLower(at.Name)
	var kept []dns.RR
	for _, record := range served.records[name] {
		if !removes(change, record) {
			kept = append(kept, record)
		}
	}
	if at.Class == dns.ClassINET {
		added := dns.Copy(change)
		added.Header().Name = name
		kept = append(kept, added)
	}
	if len(kept) == 0 {
		delete(served.records, name)
		return
	}
	served.records[name] = kept
}

// removes tells whether the change takes the record away (RFC 2136 section 2.5); an added record takes
// its own duplicate away, so that adding twice is the same as adding once.
func removes(change, record dns.RR) bool {
	switch at := change.Header(); at.Class {
	case dns.ClassANY:
		return at.Rrtype == dns.TypeANY || at.Rrtype == record.Header().Rrtype
	default:
		bare := dns.Copy(change)
		bare.Header().Class = dns.ClassINET
		return dns.IsDuplicate(bare, record)
	}
}

func (served *server) transfer(writer dns.ResponseWriter, request *dns.Msg) {
	served.mutex.RLock()
	defer served.mutex.RUnlock()
	zone := strings.ToLower(request.Question[0].Name)
	all := []dns.RR{soa(zone)}
	for name, records := range served.records {
		if served.zoneOf(name) == zone {
			all = append(all, records...)
		}
	}
	all = append(all, soa(zone))
	reply := new(dns.Msg)
	reply.SetReply(request)
	reply.Authoritative = true
	reply.Answer = all
	_ = writer.WriteMsg(reply)
}
