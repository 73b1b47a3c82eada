#include "tools/zonecopy/attributes.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

#include <string_view>
#include <variant>

namespace zonecopy::tools {
namespace {

Error make_error(const std::string& path, int code) {
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

std::optional<std::uint32_t> number_of(const Attributes& attributes, std::string_view name) {
  for (const Attribute& each : attributes) {
    if (each.record.name != name || !each.value) continue;
    if (const auto* number = std::get_if<std::uint64_t>(&*each.value)) return static_cast<std::uint32_t>(*number);
  }
  return std::nullopt;
}

}  // namespace

Result<Attributes> read_attributes(const std::string& path) {
  struct statfs facts {};
  if (statfs(path.c_str(), &facts) != 0) return make_error(path, errno);
  // On another file system such attributes have been copied there, and do not tell about a mount.
  if (facts.f_type != FUSE_SUPER_MAGIC) return Attributes();
  Attributes attributes;
  for (const zonefs::StatusRecord& known : zonefs::status_records()) {
    const std::string name = fmt::format("{}{}", zonefs::attribute_prefix, known.name);
    std::string text;
    if (read_value(path, name, text) >= 0) {
      attributes.push_back({known, zonefs::from_text(known.type, text)});
    } else if (!means_none(errno)) {  // a daemon of another version may lack an attribute
      return make_error(path, errno);
    }
  }
  return attributes;
}

std::optional<ResourceLimits> read_resource_limits(const std::string& path) {
  const Result<Attributes> attributes = read_attributes(path);
  if (!attributes) return std::nullopt;
  const auto open = number_of(*attributes, "max_wro_seq_files");
  const auto active = number_of(*attributes, "max_active_seq_files");
  if (!open || !active) return std::nullopt;
  return ResourceLimits{*open, *active};
}

}  // namespace zonecopy::tools
