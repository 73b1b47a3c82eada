#include "src/nvme/fabrics/remote_name_keys.h"

#include <uuid/uuid.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace zonecopy::nvme::fabrics {
namespace {

using Value = std::optional<std::string>;

/// A decimal number and nothing else, from `least` to `most`.
std::optional<std::uint32_t> number_in(const std::string& text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t number = 0;
  const char* const stop = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), stop, number);
  const bool right = failure == std::errc() && end == stop && number >= least && number <= most;
  return right ? std::optional(number) : std::nullopt;
}

template <std::uint32_t RemoteName::*field, std::uint32_t least, std::uint32_t most>
bool set_number(RemoteName& name, const std::string& value) {
  const std::optional<std::uint32_t> number = number_in(value, least, most);
  if (number) name.*field = *number;
  return number.has_value();
}
template <std::uint32_t RemoteName::*field, std::uint32_t normal>
Value get_number(const RemoteName& name) {
  return name.*field == normal ? Value() : std::to_string(name.*field);
}

template <bool RemoteName::*field>
bool set_flag(RemoteName& name, const std::string& value) {
  name.*field = value == "on";
  return value == "on" || value == "off";
}
template <bool RemoteName::*field>
Value get_flag(const RemoteName& name) {
  return name.*field ? Value("on") : Value();
}

template <std::string RemoteName::*field>
bool set_path(RemoteName& name, const std::string& value) {
  name.*field = value;
  return !value.empty() && value.find('\0') == std::string::npos;
}
template <std::string RemoteName::*field>
Value get_text(const RemoteName& name) {
  return (name.*field).empty() ? Value() : name.*field;
}

/// FFFFFFFFh means "all namespaces", and FFFFFFFEh is reserved beside it.
bool set_nsid(RemoteName& name, const std::string& value) {
  name.nsid = number_in(value, 1, 0xfffffffd);
  return name.nsid.has_value();
}
Value get_nsid(const RemoteName& name) { return name.nsid ? std::to_string(*name.nsid) : Value(); }

bool set_host_nqn(RemoteName& name, const std::string& value) {
  name.host_nqn = value;
  return check_nqn_field(value).ok();
}

bool set_host_id(RemoteName& name, const std::string& value) {
  Uuid uuid{};
  if (uuid_parse(value.c_str(), uuid.data()) != 0) return false;
  // The standard keeps zero for hosts that have none, which fabrics do not let in.
  if (uuid_is_null(uuid.data()) != 0) return false;
  name.host_id = uuid;
  return true;
}
Value get_host_id(const RemoteName& name) {
  if (!name.host_id) return {};
  std::array<char, UUID_STR_LEN> text{};
  uuid_unparse_lower(name.host_id->data(), text.data());
  return std::string(text.data());
}

constexpr std::string_view a_file = "the path of a file with a key (as nvme gen-dhchap-key prints it)";
constexpr std::string_view a_switch = "on or off";

using R = RemoteName;
const std::array<RemoteNameKey, 10> keys = {{
    {"nsid", "the number of a namespace, 1 to 4294967293", &set_nsid, &get_nsid},
    {"hostnqn", "the name of this host: 1 to 223 bytes, as in nqn.2014-08.org.nvmexpress:uuid:UUID", &set_host_nqn,
     &get_text<&R::host_nqn>},
    {"hostid", "a UUID that is not zero", &set_host_id, &get_host_id},
    {"secret", a_file, &set_path<&R::secret_path>, &get_text<&R::secret_path>},
    {"ctrl-secret", a_file, &set_path<&R::controller_secret_path>, &get_text<&R::controller_secret_path>},
    {"header-digest", a_switch, &set_flag<&R::header_digest>, &get_flag<&R::header_digest>, true},
    {"data-digest", a_switch, &set_flag<&R::data_digest>, &get_flag<&R::data_digest>, true},
    {"queue-depth", "commands under way at a time, 1 to 1024", &set_number<&R::queue_depth, 1, 1024>,
     &get_number<&R::queue_depth, default_queue_depth>},
    {"reconnect", "seconds, 0 to 86400 (0: never)", &set_number<&R::reconnect_seconds, 0, 86400>,
     &get_number<&R::reconnect_seconds, default_reconnect_seconds>},
    {"keep-alive", "seconds, 0 to 3600 (0: none)", &set_number<&R::keep_alive_seconds, 0, 3600>,
     &get_number<&R::keep_alive_seconds, default_keep_alive_seconds>},
}};

}  // namespace

std::span<const RemoteNameKey> remote_name_keys() { return keys; }

const RemoteNameKey* find_key(std::string_view name) {
  const auto* const found =
      std::find_if(keys.begin(), keys.end(), [name](const RemoteNameKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : found;
}

std::string names_of_keys() {
  std::string names;
  for (const RemoteNameKey& key : keys) {
    if (!names.empty()) names += ", ";
    names += key.name;
  }
  return names;
}

}  // namespace zonecopy::nvme::fabrics
