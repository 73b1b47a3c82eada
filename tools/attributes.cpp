#include "attributes.h"

#include <sys/xattr.h>

#include <algorithm>
#include <charconv>

namespace zonecopy::tools {
namespace {

constexpr std::string_view prefix = "user.zonecopy.";

Error failed(const std::string& path, int code) {
  Error error(code, "read extended attributes");
  error.on_device(path);
  return error;
}

/// Calls a function of the listxattr(2) kind until the text it gives fits; -1 as it does.
template <typename Read>
ssize_t read_all(Read read, std::string& text) {
  while (true) {
    const ssize_t needed = read(nullptr, 0);
    if (needed < 0) return needed;
    text.resize(static_cast<std::size_t>(needed));
    const ssize_t length = read(text.data(), text.size());
    if (length < 0 && errno == ERANGE) continue;  // it has grown in between
    if (length >= 0) text.resize(static_cast<std::size_t>(length));
    return length;
  }
}

}  // namespace

Result<Attributes> read_attributes(const std::string& path) {
  std::string names;
  const auto list = [&path](char* data, std::size_t size) { return listxattr(path.c_str(), data, size); };
  if (read_all(list, names) < 0) {
    if (errno == ENOTSUP || errno == ENOSYS) return Attributes();
    return failed(path, errno);
  }
  Attributes attributes;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::string name = names.c_str() + begin;  // each ends with a NUL
    begin += name.size() + 1;
    if (!name.starts_with(prefix)) continue;
    std::string value;
    const auto get = [&](char* data, std::size_t size) { return getxattr(path.c_str(), name.c_str(), data, size); };
    if (read_all(get, value) < 0) return failed(path, errno);
    attributes.emplace_back(name.substr(prefix.size()), std::move(value));
  }
  return attributes;
}

std::optional<std::string> find_attribute(const Attributes& attributes, std::string_view name) {
  const auto named = [name](const auto& attribute) { return attribute.first == name; };
  const auto found = std::find_if(attributes.begin(), attributes.end(), named);
  if (found == attributes.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t counter(const Attributes& attributes, std::string_view name) {
  const std::optional<std::string> text = find_attribute(attributes, name);
  return text ? parse_number(*text).value_or(0) : 0;
}

}  // namespace zonecopy::tools
