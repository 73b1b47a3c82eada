#include "zonefs/host/mount_table.h"

#include <sys/mount.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "zonefs/options/mount_flags.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::optional<unsigned> parse_decimal(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<dev_t> parse_device_number(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<unsigned> major_number = parse_decimal(text.substr(0, colon));
  const std::optional<unsigned> minor_number = parse_decimal(text.substr(colon + 1));
  if (!major_number || !minor_number) return std::nullopt;
  return makedev(*major_number, *minor_number);
}

/// Of the options of a mount and those of its file system. What says nothing of access times means strictatime.
unsigned long parse_flags(std::string_view of_mount, std::string_view of_file_system) {
  const unsigned long flags = apply_mount_flags(split_options(of_mount), 0);
  const std::vector<std::string> more = split_options(of_file_system);
  // "rw" of the one does not lift the other's "ro".
  const unsigned long all = flags | apply_mount_flags(more, 0);
  return (all & (MS_NOATIME | MS_RELATIME)) != 0 ? all : all | MS_STRICTATIME;
}

/// id, parent, major:minor, root, mount point, options, any number of tags, "-", type, source, options of the source.
std::optional<MountEntry> parse_line(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ' ');
  if (fields.size() < 10) return std::nullopt;
  const auto dash = std::find(fields.begin() + 6, fields.end(), "-");
  if (std::distance(dash, fields.end()) < 4) return std::nullopt;
  const std::optional<unsigned> id = parse_decimal(fields[0]);
  const std::optional<dev_t> device_number = parse_device_number(fields[2]);
  if (!id || !device_number) return std::nullopt;

  MountEntry entry;
  entry.id = *id;
  entry.device_number = *device_number;
  entry.root = decode_octal_escapes(fields[3]);
  entry.mount_point = decode_octal_escapes(fields[4]);
  entry.flags = parse_flags(fields[5], dash[3]);
  entry.type = decode_octal_escapes(dash[1]);
  entry.source = decode_octal_escapes(dash[2]);
  return entry;
}

}  // namespace

std::string decode_octal_escapes(std::string_view text) {
  const auto octal_digit = [&text](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '\\' && at + 3 < text.size() && text[at + 1] <= '3' && octal_digit(at + 1) &&
                        octal_digit(at + 2) && octal_digit(at + 3);
    if (!escape) {
      decoded += text[at];
      continue;
    }
    decoded += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
    at += 3;
  }
  return decoded;
}

std::vector<MountEntry> parse_mount_table(std::string_view text) {
  std::vector<MountEntry> table;
  for (const std::string_view line : split(text, '\n')) {
    std::optional<MountEntry> entry = parse_line(line);
    if (entry) table.push_back(std::move(*entry));
  }
  return table;
}

Result<std::vector<MountEntry>> read_mount_table() {
  constexpr const char* path = "/proc/self/mountinfo";
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // A process sees its own root at least, so that an empty table means that there is no /proc.
  if (!file || text.empty())
    return Error(ENOENT, "read mount table", std::string(path) + " cannot be read; is /proc mounted?");
  return parse_mount_table(text);
}

const MountEntry* find_mount_at(std::span<const MountEntry> table, std::string_view directory) {
  const auto at = [directory](const MountEntry& entry) { return entry.mount_point == directory; };
  const auto found = std::find_if(table.rbegin(), table.rend(), at);
  return found == table.rend() ? nullptr : &*found;
}

const MountEntry* find_zonecopyfs(std::span<const MountEntry> table, dev_t device_number) {
  const auto shows = [device_number](const MountEntry& entry) {
    return entry.is_zonecopyfs() && entry.device_number == device_number && entry.root == "/";
  };
  const auto found = std::find_if(table.begin(), table.end(), shows);
  return found == table.end() ? nullptr : &*found;
}

const MountEntry* find_mount_of(std::span<const MountEntry> table, std::string_view device) {
  const auto from = [device](const MountEntry& entry) { return entry.source == device; };
  const auto found = std::find_if(table.begin(), table.end(), from);
  return found == table.end() ? nullptr : &*found;
}

Result<std::string> canonical_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) {
    Error error(errno, "find");
    error.on_device(path);
    return error;
  }
  return std::string(resolved.get());
}

}  // namespace zonecopy::zonefs
