# Requests for another datacenter go through the gateway of the caller's own. "remote" goes straight to the gateway of the
# other datacenter, "none" straight to the instance.

Kind = "proxy-defaults"
Name = "global"

MeshGateway {
  Mode = "local"
}
