#include "tools/compact/zone_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

namespace zonecopy::compact {
namespace {

constexpr std::uint64_t stat_block_bytes = 512;
constexpr mode_t any_read = 0444;
constexpr mode_t any_write = 0222;

Error make_error(const std::string& path, int code) {
  Error error(code, "look at the zone files");
  error.on_device(path);
  return error;
}

std::optional<ZoneNumber> number_of(std::string_view name) {
  ZoneNumber number = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failure != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// The mode tells the condition of a zone: zonefs takes the bits away from one that cannot be written or read.
ZoneFile from_stat(const struct stat& facts) {
  ZoneFile file;
  file.size_bytes = static_cast<std::uint64_t>(facts.st_size);
  file.capacity_bytes = static_cast<std::uint64_t>(facts.st_blocks) * stat_block_bytes;
  file.readable = (facts.st_mode & any_read) != 0;
  file.writable = (facts.st_mode & any_write) != 0;
  return file;
}

}  // namespace

std::string name_of(ZoneNumber zone) { return fmt::format("seq/{}", zone); }

Result<ZoneFiles> read_zone_files(const std::string& mount_point) {
  const std::string path = mount_point + "/seq";
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) return make_error(path, errno);
  ZoneFiles zones;
  errno = 0;
  while (const dirent* const entry = readdir(folder.get())) {
    const std::optional<ZoneNumber> number = number_of(entry->d_name);
    struct stat facts {};
    if (!number) continue;
    if (fstatat(dirfd(folder.get()), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) return make_error(path, errno);
    zones.block_size_bytes = static_cast<std::uint64_t>(facts.st_blksize);
    zones.files[*number] = from_stat(facts);
    errno = 0;
  }
  if (errno != 0) return make_error(path, errno);
  return zones;
}

Status check_access(const std::string& mount_point, ZoneNumber zone) {
  const std::string path = mount_point + "/" + name_of(zone);
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return {};
  const int code = errno;
  return Error(code, "compact", code == EACCES ? "it has to be readable and writable for you" : "").on_device(path);
}

}  // namespace zonecopy::compact
