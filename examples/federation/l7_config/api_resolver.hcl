# Whoever asks for api, wherever it is, gets the api of cloud.

kind = "service-resolver"
name = "api"

redirect {
  service    = "api"
  datacenter = "cloud"
}
