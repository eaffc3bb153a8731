# The server of the datacenter cloud, which follows onprem.

datacenter         = "cloud"
primary_datacenter = "onprem"
node_name          = "cloud-server"
server             = true
data_dir           = "/tmp/isthmus-example/cloud"

bind_addr          = "127.6.0.2"
client_addr        = "127.6.0.2"
advertise_addr_wan = "127.6.0.2"
retry_join_wan     = ["127.5.0.2"]
retry_interval_wan = "2s"

ports {
  grpc = 8502
}
