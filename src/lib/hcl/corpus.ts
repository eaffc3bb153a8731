// Documents in the shapes that people write for a mesh, and corners of HCL1 around them. Test data only.

const AGENT: readonly string[] = [
  `datacenter = "dc1"
primary_datacenter = "dc1"
data_dir = "/var/lib/isthmus"
bind_addr = "{{ GetInterfaceIP \\"eth0\\" }}"
server = true
bootstrap_expect = 3
ports { http = 8500, https = -1, grpc = 8502, grpc_tls = 8503 }
addresses { http = "127.0.0.1 10.0.0.1", grpc = "0.0.0.0" }
connect { enabled = true enable_mesh_gateway_wan_federation = true }
retry_join = ["10.0.0.1", "10.0.0.2",]
`,
  `// federated through gateways
primary_gateways = [ "203.0.113.10:8443" ]
primary_gateways_interval = "30s"
node_name = "dc2-server-1" # a name
acl = { enabled = true default_policy = "deny" tokens { initial_management = "x" agent = "y" } }
tls { defaults { verify_incoming = true ca_file = "/etc/ca.pem" } internal_rpc { verify_server_hostname = true } https {} }
telemetry { prometheus_retention_time = "24h", disable_hostname = true }
`,
  `performance { raft_multiplier = 1.5 }
limits = { http_max_conns_per_client = 0x1F4, rpc_rate = 1e3, mode_bits = 0600 }
node_meta { "zone.id" = "a" rack-1 = "r" }
ui_config { enabled = true, dashboard_url_templates { service = "https://x/{{Service.Name}}" } }
/* many
   lines */
watches = [{ type = "key" key = "a/b" handler_type = "script" args = ["/bin/sh", "-c", "true"] }]
`,
]

const SERVICES: readonly string[] = [
  `service { name = "web" port = 8080 connect { sidecar_service {} } }`,
  `service {
  name = "web"
  id = "web-1"
  tags = ["v1", "primary"]
  meta = { version = "1", empty = "" }
  connect {
    sidecar_service {
      proxy {
        upstreams = [{ destination_name = "api", local_bind_port = 9191, datacenter = "dc2", mesh_gateway { mode = "local" } }]
        mesh_gateway { mode = "local" }
        config { envoy_prometheus_bind_addr = "0.0.0.0:9102" }
      }
    }
  }
}
`,
  `services { name = "a" port = 1 }
services { name = "b" port = 2 checks = [{ http = "http://localhost:2/h" interval = "10s" }, { ttl = "30s" },] }
services = [{ name = "c" }, { name = "d", tagged_addresses { wan { address = "1.2.3.4" port = 443 } } }]
`,
  `service {
  kind = "mesh-gateway"
  name = "mesh-gateway"
  port = 8443
  proxy { config { envoy_mesh_gateway_no_default_bind = true envoy_mesh_gateway_bind_addresses { "wan" { address = "0.0.0.0" port = 443 } } } }
}`,
  `service = { name = "x", check = { id = "c", args = ["/bin/true"], interval = "5s", success_before_passing = 3 }, weights { passing = 5 warning = 1 } }`,
  `service {
  name = "web"
  proxy {
    config {
      envoy_public_listener_json = <<EOF
{
  "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
  "name": "public_listener:0.0.0.0:18080"
}
EOF
      envoy_extra_static_clusters_json = <<-JSON
        { "name": "static",
          "type": "STATIC" }
        JSON
      envoy_local_cluster_json = "{\\"a\\": \\"b\\\\n\\", \\"t\\": \\"\\u00e9\\x41\\101\\"}"
    }
  }
}`,
]

const ENTRIES: readonly string[] = [
  `Kind = "proxy-defaults" Name = "global" MeshGateway { Mode = "local" } Config { protocol = "http" local_connect_timeout_ms = 1000 }`,
  `Kind = "service-defaults"
Name = "api"
Protocol = "http"
MeshGateway = { Mode = "remote" }
UpstreamConfig = {
  Defaults = { ConnectTimeoutMs = 5000, Limits { MaxConnections = 10 } }
  Overrides = [ { Name = "db" PassiveHealthCheck { Interval = "10s" MaxFailures = 5 } } ]
}`,
  `Kind = "service-resolver"
Name = "api"
DefaultSubset = "v1"
Subsets = { v1 = { Filter = "Service.Meta.version == v1" } "v2" = { Filter = "Service.Meta.version == v2", OnlyPassing = true } }
Failover = { "*" = { Datacenters = ["dc2", "dc3"] } v1 { Targets = [{ Peer = "cluster-02" }, { Datacenter = "dc2" }] } }
LoadBalancer { Policy = "ring_hash" HashPolicies = [{ Field = "header" FieldValue = "x-user-id" }] }
`,
  `Kind = "service-router"
Name = "api"
Routes = [
  { Match { HTTP { PathPrefix = "/v2" Methods = ["GET", "POST"] Header = [{ Name = "x-debug" Exact = "1" }] } }
    Destination { Service = "api", ServiceSubset = "v2", RetryOnStatusCodes = [502, 503], PrefixRewrite = "/" } },
  # comment between elements
  {
    Match { HTTP { QueryParam = [ { Name = "x" Present = true } ] } }
    Destination = { Service = "admin" RequestTimeout = "15s" NumRetries = 3 }
  },
]`,
  `Kind = "service-splitter" Name = "api" Splits = [ { Weight = 90.5 ServiceSubset = "v1" }, { Weight = 9.5 ServiceSubset = "v2" } ]`,
  `Kind = "service-intentions"
Name = "api"
Sources = [
  { Name = "web" Action = "allow" },
  { Name = "*" Peer = "cluster-02" Permissions = [{ Action = "deny" HTTP { PathRegex = "^/admin(/.*)?$" } }] }
]
JWT = { Providers = [{ Name = "okta" VerifyClaims = [{ Path = ["perms", "role"] Value = "admin" }] }] }`,
  `Kind = "ingress-gateway"
Name = "in"
TLS { Enabled = true }
Listeners = [{ Port = 80 Protocol = "http" Services = [{ Name = "web" Hosts = ["*.example.com"] RequestHeaders { Add { "x-gw" = "%DOWNSTREAM_REMOTE_ADDRESS%" } } }] }]`,
  `Kind = "terminating-gateway" Name = "out" Services = [{ Name = "legacy", CAFile = "/ca.pem", SNI = "legacy.local" }]`,
  `Kind = "exported-services" Name = "default" Services = [{ Name = "api" Consumers = [{ Peer = "cluster-02" }, { Partition = "p2" }] }]`,
  `Kind = "mesh" TransparentProxy { MeshDestinationsOnly = true } Peering { PeerThroughMeshGateways = true } HTTP { SanitizeXForwardedClientCert = true }`,
  `Kind = "jwt-provider" Name = "okta" JSONWebKeySet { Remote { URI = "https://x/keys" CacheDuration = "30m" FetchAsynchronously = true } } Locations = [{ Header { Name = "x" ValuePrefix = "Bearer " } }]`,
]

const RULES: readonly string[] = [
  `service_prefix "" { policy = "read" }
node_prefix "" { policy = "read" }
service "web" { policy = "write" intentions = "read" }
service "web-sidecar-proxy" { policy = "write" }
key "" { policy = "deny" }
key_prefix "a/" { policy = "list" }
operator = "read"
mesh = "write"
peering = "read"
`,
  `partition "p1" { mesh = "write" namespace_prefix "" { node_prefix "" { policy = "read" } service "x" { policy = "write" } } }
partition_prefix "" { namespace "default" { acl = "read" } }`,
  `agent_prefix "" { policy = "read" }, event_prefix "" { policy = "write" }, query_prefix "" { policy = "read" }
session_prefix "" { policy = "read" } keyring = "read" acl = "write"`,
  `service_prefix "a" { policy = "read" } service_prefix "b" { policy = "write" } service_prefix "a" { policy = "deny" }`,
]

const INTERPOLATIONS = ['a="$', '{x {"}"} \\" }" b="$$', '{y}" c="$x{" d="$', '{\n"z"\n}"'].join('')

const CORNERS: readonly string[] = [
  '',
  'a=1 b=2',
  'a=5b=1',
  'a=1. b=1.e2 c=.5 d=1.5E-3 e=-0 f=-0.0 g=0x1f h=010 i=018.5 j=0e5 k=-0x10',
  'a {} a {} b "x" {} b "x" {} b "y" "z" {}',
  'Foo "a" {} foo "b" {} FOO "c" {}',
  'a=1 a="0x10" b="x" b=1.50 b=true c=true c=0 c="TRUE" d=1.5 d=2',
  'a=[1] a={x=1} a=[[2]] b={x=1} b=[{y=1}] b {z=1}',
  'a=[[1] [2] 3] b=[,1,,2,] c=[,] d=[{x=1},[{y={z=1}}]]',
  'a={x=1,y=2,} b { x=1, },',
  'a = <<EOF\n  one\n    two\n  EOF\nb = <<-EOF\n  x\n\n  EOF\nc = <<-A\n\tx\n\ty\n\tA\nd = [<<E\nE\n, 2]\n',
  'a = <<EOF\nxEOF\nEOFx\n EOF \nEOF\n',
  'é-ü.1 = "𝒳 é \\U0001F600 \\xc3\\xa9" "a b" = 1 "" = 2',
  '__proto__ = 1 constructor "prototype" { toString = 1 } hasOwnProperty {} hasOwnProperty {}',
  'a="\\a\\b\\f\\n\\r\\t\\v\\\\\\"" b="\\ud83d\\ude00"',
  INTERPOLATIONS,
  '#c\na=1 # d\n// e\n/* f\n **/ b=2 /**/ c /* g */ = /* h */ 3',
]

/** Texts that are HCL1 documents. */
export const CORPUS: readonly string[] = [...AGENT, ...SERVICES, ...ENTRIES, ...RULES, ...CORNERS]
