# The server of the datacenter onprem, which leads the federation.

datacenter         = "onprem"
primary_datacenter = "onprem"
node_name          = "onprem-server"
server             = true
data_dir           = "/tmp/isthmus-example/onprem"

bind_addr   = "127.5.0.2"
client_addr = "127.5.0.2"

ports {
  grpc = 8502
}
