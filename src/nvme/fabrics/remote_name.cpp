#include "src/nvme/fabrics/remote_name.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "src/nvme/fabrics/percent.h"
#include "src/nvme/fabrics/remote_name_keys.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::string_view scheme = "nvme-tcp://";
constexpr std::string_view form = "nvme-tcp://HOST:PORT/NQN?nsid=N";

/// What is wrong, without the name itself: parse_remote_name() adds that.
Error invalid(std::string why) { return Error(EINVAL, "open", std::move(why)); }

bool is_ipv6_address(const std::string& address) {
  in6_addr parsed{};
  const std::string without_interface = address.substr(0, address.find('%'));
  return inet_pton(AF_INET6, without_interface.c_str(), &parsed) == 1 && !address.ends_with('%');
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char character) {
    const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    const bool digit = character >= '0' && character <= '9';
    return letter || digit || character == '-' || character == '.' || character == '_';
  });
}

Status set_port(RemoteName& name, std::string_view text) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), name.port);
  if (failure == std::errc() && end == text.data() + text.size() && name.port != 0) return {};
  return invalid(fmt::format("'{}' is no port: ports are 1 to 65535", text));
}

/// `text` begins with "[": an IPv6 address in brackets, and a port.
Status set_bracketed(RemoteName& name, std::string_view text) {
  const std::size_t bracket = text.find(']');
  if (bracket == std::string_view::npos) return invalid("the address has no ']' at its end");
  const std::optional<std::string> address = percent_decoded(text.substr(1, bracket - 1));
  if (!address || !is_ipv6_address(*address)) {
    return invalid(fmt::format("'{}' is no IPv6 address", text.substr(1, bracket - 1)));
  }
  name.host = *address;
  const std::string_view rest = text.substr(bracket + 1);
  if (rest.empty()) return {};
  if (rest.front() != ':') return invalid("only a colon and a port can follow ']'");
  return set_port(name, rest.substr(1));
}

/// `text` is what stands between "//" and "/".
Status set_address(RemoteName& name, std::string_view text) {
  if (text.starts_with('[')) return set_bracketed(name, text);
  if (std::count(text.begin(), text.end(), ':') > 1) {
    return invalid(fmt::format("an IPv6 address stands in brackets, as in {}[::1]:4420/", scheme));
  }
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (host.empty()) return invalid(fmt::format("there is no host in it: it is written {}", form));
  if (!is_host_name(host)) return invalid(fmt::format("'{}' is neither the name of a host nor an address", host));
  name.host = host;
  return colon == std::string_view::npos ? Status() : set_port(name, text.substr(colon + 1));
}

Status set_subsystem(RemoteName& name, std::string_view text) {
  if (text.empty()) return invalid(fmt::format("there is no NQN of a subsystem in it: it is written {}", form));
  const std::optional<std::string> nqn = percent_decoded(text);
  if (!nqn) return invalid(fmt::format("in '{}' a '%' has no two hexadecimal digits behind it", text));
  const Status possible = check_nqn_field(*nqn);
  if (!possible) return invalid(possible.error().detail());
  if (*nqn == discovery_nqn) {
    return invalid("this is the discovery subsystem, which has no namespaces; it lists those that have");
  }
  name.subsystem_nqn = *nqn;
  return {};
}

Status set_key(RemoteName& name, std::string_view part, std::set<std::string_view>& seen) {
  const std::size_t equals = part.find('=');
  const std::string_view word = part.substr(0, equals);
  const RemoteNameKey* const key = find_key(word);
  if (key == nullptr) {
    return invalid(fmt::format("there is no key '{}': the keys are {}", word, names_of_keys()));
  }
  if (!seen.insert(key->name).second) return invalid(fmt::format("{}= is in it twice", key->name));
  const std::optional<std::string> value =
      equals == std::string_view::npos ? key->value_if_none_is_given() : percent_decoded(part.substr(equals + 1));
  if (value && key->set(name, *value)) return {};
  return invalid(fmt::format("'{}' cannot be: {}= takes {}", part, key->name, key->takes));
}

Status set_keys(RemoteName& name, std::string_view text) {
  std::set<std::string_view> seen;
  while (true) {
    const std::size_t end = text.find('&');
    const Status right = set_key(name, text.substr(0, end), seen);
    if (!right) return right;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  // The transaction in which the controller proves itself is that in which the host does.
  const bool one_sided = !name.controller_secret_path.empty() && name.secret_path.empty();
  return one_sided ? invalid("ctrl-secret= needs secret=: a host that asks for proof has to give its own") : Status();
}

Result<RemoteName> parse(std::string_view text) {
  if (!is_remote_name(text)) return invalid(fmt::format("it does not begin with {}", scheme));
  text.remove_prefix(scheme.size());
  if (text.find('#') != std::string_view::npos) return invalid("'#' within a name is written %23");
  RemoteName name;
  const std::size_t question = text.find('?');
  const std::string_view place = text.substr(0, question);
  const std::size_t slash = place.find('/');
  Status right = set_address(name, place.substr(0, slash));
  if (!right) return right.error();
  right = set_subsystem(name, slash == std::string_view::npos ? std::string_view() : place.substr(slash + 1));
  if (!right) return right.error();
  if (question != std::string_view::npos) right = set_keys(name, text.substr(question + 1));
  if (!right) return right.error();
  return name;
}

}  // namespace

bool is_remote_name(std::string_view text) { return text.starts_with(scheme); }

Result<RemoteName> parse_remote_name(std::string_view text) {
  Result<RemoteName> name = parse(text);
  if (!name) name.error().on_device(text);
  return name;
}

std::string to_string(const RemoteName& name) {
  const bool ipv6 = name.host.find(':') != std::string::npos;
  std::string text(scheme);
  text += ipv6 ? "[" + percent_encoded(name.host) + "]" : name.host;
  text += fmt::format(":{}/{}", name.port, percent_encoded(name.subsystem_nqn));
  char separator = '?';
  for (const RemoteNameKey& key : remote_name_keys()) {
    const std::optional<std::string> value = key.get(name);
    if (!value) continue;
    text += fmt::format("{}{}={}", std::exchange(separator, '&'), key.name, percent_encoded(*value));
  }
  return text;
}

}  // namespace zonecopy::nvme::fabrics
