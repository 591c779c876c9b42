package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// pebbleConfig is what the launcher writes. Pebble itself reads its faults (nonce rejection, validation
// pauses, reuse of authorizations) from the PEBBLE_* environment variables; they work here too.
type pebbleConfig struct {
	Listen           string                `json:"listen"`
	ManagementListen string                `json:"managementListen"`
	Certificate      string                `json:"certificate"`
	PrivateKey       string                `json:"privateKey"`
	HTTPPort         int                   `json:"httpPort"`
	TLSPort          int                   `json:"tlsPort"`
	DNSServer        string                `json:"dnsServer"`
	KeyAlgorithm     string                `json:"keyAlgorithm"`
	EABRequired      bool                  `json:"externalAccountBindingRequired"`
	EABKeys          map[string]string     `json:"externalAccountMACKeys"`
	Blocklist        []string              `json:"domainBlocklist"`
	Profiles         map[string]ca.Profile `json:"profiles"`
	AccessLog        string                `json:"accessLog"`
}

// runPebble serves an ACME CA until the process is ended. Its root is new at each start.
func runPebble(args []string) error {
	flags := flag.NewFlagSet("pebble", flag.ExitOnError)
	path := flags.String("config", "", "file with the configuration (JSON)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	raw, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	var config pebbleConfig
	if err := json.Unmarshal(raw, &config); err != nil {
		return fmt.Errorf("%s: %w", *path, err)
	}

	logger := log.New(os.Stdout, "", log.LstdFlags|log.Lmicroseconds)
	store := db.NewMemoryStore()
	for id, key := range config.EABKeys {
		if err := store.AddExternalAccountKeyByID(id, key); err != nil {
			return fmt.Errorf("external account key %q: %w", id, err)
		}
	}
	for _, name := range config.Blocklist {
		if err := store.AddBlockedDomain(name); err != nil {
			return fmt.Errorf("blocked domain %q: %w", name, err)
		}
	}
	authority := ca.New(logger, store, "", config.KeyAlgorithm, fromEnv("PEBBLE_ALTERNATE_ROOTS", 0), fromEnv("PEBBLE_CHAIN_LENGTH", 1), config.Profiles)
	validation := va.New(logger, config.HTTPPort, config.TLSPort, false, config.DNSServer, store)
	front := wfe.New(logger, store, validation, authority, []string{"pebble.test"}, false, config.EABRequired, 1, 1)

	access, err := newAccessLog(config.AccessLog)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	serve := func(address string, handler http.Handler) {
		failed <- http.ListenAndServeTLS(address, config.Certificate, config.PrivateKey, handler)
	}
	go serve(config.ManagementListen, front.ManagementHandler())
	go serve(config.Listen, access.around(front.Handler()))
	return <-failed
}

func fromEnv(name string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return value
	}
	return otherwise
}

// accessLog writes one JSON object a line for each request that the CA answered, so that a test can
// assert what the CA has seen.
type accessLog struct {
	mutex   sync.Mutex
	encoder *json.Encoder
}

type accessLine struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Status    int       `json:"status"`
	Location  string    `json:"location,omitempty"`
	UserAgent string    `json:"userAgent"`
}

func newAccessLog(path string) (*accessLog, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &accessLog{encoder: json.NewEncoder(file)}, nil
}

func (log *accessLog) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		recorder := &statusRecorder{ResponseWriter: writer, status: http.StatusOK}
		started := time.Now()
		next.ServeHTTP(recorder, request)
		log.mutex.Lock()
		defer log.mutex.Unlock()
		_ = log.encoder.Encode(accessLine{
			Time: started, Method: request.Method, Path: request.URL.Path, Status: recorder.status,
			Location: writer.Header().Get("Location"), UserAgent: request.UserAgent(),
		})
	})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (recorder *statusRecorder) WriteHeader(status int) {
	recorder.status = status
	recorder.ResponseWriter.WriteHeader(status)
}
