#include "src/device/remote/host_identity.h"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <array>
#include <cstring>
#include <fstream>
#include <optional>

#include "src/nvme/fabrics/nqn.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;

// A UUID of this project's own, under which machine ids become host identifiers: a machine id is not to be shown to
// others (machine-id(5)).
constexpr fabrics::Uuid own_uuid{0x5c, 0x1e, 0x6a, 0x8e, 0x0d, 0x2b, 0x4f, 0x67,
                                 0x9a, 0x43, 0x7b, 0x90, 0x2e, 0xd4, 0x61, 0xcf};

/// The first line of a file; nothing where it is empty, or cannot be read.
std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty()) return std::nullopt;
  return line;
}

std::optional<fabrics::Uuid> derived(const std::string& root) {
  const std::optional<std::string> machine_id = first_line(root + "/etc/machine-id");
  if (!machine_id) return std::nullopt;
  fabrics::Uuid uuid{};
  uuid_generate_sha1(uuid.data(), own_uuid.data(), machine_id->data(), machine_id->size());
  return uuid;
}

Error make_error(std::string detail) { return Error(EIO, "host identity", std::move(detail)); }

}  // namespace

Result<HostIdentity> identity_of_this_machine(const std::string& root) {
  HostIdentity identity;
  const std::optional<fabrics::Uuid> otherwise = derived(root);
  const std::optional<std::string> nqn = first_line(root + "/etc/nvme/hostnqn");
  const std::optional<std::string> id = first_line(root + "/etc/nvme/hostid");
  if ((!nqn || !id) && !otherwise) {
    return make_error(
        "this machine has neither /etc/nvme/hostnqn and /etc/nvme/hostid nor /etc/machine-id; say hostnqn= and "
        "hostid=");
  }
  identity.nqn = nqn ? *nqn : fabrics::nqn_of(*otherwise);
  const Status valid = fabrics::check_nqn_field(identity.nqn);
  if (!valid) return make_error("/etc/nvme/hostnqn: " + valid.error().detail());
  fabrics::Uuid uuid = otherwise.value_or(fabrics::Uuid{});
  if (id && uuid_parse(id->c_str(), uuid.data()) != 0) {
    return make_error(fmt::format("/etc/nvme/hostid has '{}', which is no UUID", *id));
  }
  std::memcpy(identity.id.data(), uuid.data(), uuid.size());
  return identity;
}

}  // namespace zonecopy::remote
