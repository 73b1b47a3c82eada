#include "tools/zonecopy/attributes.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

#include <charconv>

namespace zonecopy::tools {
namespace {

Error failed(const std::string& path, int code) {
  Error error(code, "read extended attributes");
  error.on_device(path);
  return error;
}

/// Reads one attribute, however often it grows in between; -1 as getxattr(2) does.
ssize_t read_value(const std::string& path, const std::string& name, std::string& value) {
  while (true) {
    const ssize_t needed = getxattr(path.c_str(), name.c_str(), nullptr, 0);
    if (needed < 0) return needed;
    value.resize(static_cast<std::size_t>(needed));
    const ssize_t length = getxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (length < 0 && errno == ERANGE) continue;
    if (length >= 0) value.resize(static_cast<std::size_t>(length));
    return length;
  }
}

bool means_none(int code) { return code == ENODATA || code == ENOTSUP || code == ENOSYS; }

}  // namespace

Result<Attributes> read_attributes(const std::string& path) {
  struct statfs facts {};
  if (statfs(path.c_str(), &facts) != 0) return failed(path, errno);
  // Attributes that somebody has copied to another file system are no mount's.
  if (facts.f_type != FUSE_SUPER_MAGIC) return Attributes();
  Attributes attributes;
  for (const zonefs::StatusAttribute& known : zonefs::status_attributes()) {
    const std::string name = fmt::format("{}{}", zonefs::attribute_prefix, known.name);
    std::string value;
    if (read_value(path, name, value) >= 0) {
      attributes.push_back({known.name, known.kind, std::move(value)});
    } else if (!means_none(errno)) {  // a daemon of another version may not have it
      return failed(path, errno);
    }
  }
  return attributes;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace zonecopy::tools
