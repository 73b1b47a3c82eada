#include "zonefs/host/mount_table.h"

#include <libmount.h>
#include <sys/mount.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include "zonefs/options/mount_flags.h"
#include "zonefs/options/option_list.h"

namespace zonecopy::zonefs {
namespace {

using Table = std::unique_ptr<libmnt_table, decltype(&mnt_unref_table)>;
using Iterator = std::unique_ptr<libmnt_iter, decltype(&mnt_free_iter)>;

/// A table without a cache of paths: with one libmount would follow the paths of mount points, and wait for a daemon that
/// does not answer.
Table new_table() {
  Table table(mnt_new_table(), &mnt_unref_table);
  if (!table) throw std::bad_alloc();
  const auto skip_line = [](libmnt_table*, const char*, int) { return 1; };
  mnt_table_set_parser_errcb(table.get(), skip_line);
  return table;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

/// Of the options of a mount and those of its file system. What says nothing of access times means strictatime.
unsigned long parse_flags(std::string_view of_mount, std::string_view of_file_system) {
  const unsigned long flags = apply_mount_flags(split_options(of_mount), 0);
  const std::vector<std::string> more = split_options(of_file_system);
  // "rw" of the one does not lift the other's "ro".
  const unsigned long all = flags | apply_mount_flags(more, 0);
  return (all & (MS_NOATIME | MS_RELATIME)) != 0 ? all : all | MS_STRICTATIME;
}

MountEntry entry_of(libmnt_fs* mount) {
  MountEntry entry;
  entry.id = static_cast<std::uint64_t>(mnt_fs_get_id(mount));
  entry.device_number = mnt_fs_get_devno(mount);
  entry.root = text_of(mnt_fs_get_root(mount));
  entry.mount_point = text_of(mnt_fs_get_target(mount));
  entry.flags = parse_flags(text_of(mnt_fs_get_vfs_options(mount)), text_of(mnt_fs_get_fs_options(mount)));
  entry.type = text_of(mnt_fs_get_fstype(mount));
  entry.source = text_of(mnt_fs_get_source(mount));
  return entry;
}

std::vector<MountEntry> entries_of(libmnt_table* table) {
  const Iterator iterator(mnt_new_iter(MNT_ITER_FORWARD), &mnt_free_iter);
  if (!iterator) throw std::bad_alloc();
  std::vector<MountEntry> entries;
  libmnt_fs* mount = nullptr;
  while (mnt_table_next_fs(table, iterator.get(), &mount) == 0) entries.push_back(entry_of(mount));
  return entries;
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string text) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> stream(fmemopen(text.data(), text.size(), "r"));
  const Table table = new_table();
  if (!stream || mnt_table_parse_stream(table.get(), stream.get(), "mountinfo") != 0) return {};
  return entries_of(table.get());
}

Result<std::vector<MountEntry>> read_mount_table() {
  constexpr const char* path = "/proc/self/mountinfo";
  const Table table = new_table();
  const int code = mnt_table_parse_file(table.get(), path);
  // A process sees its own root at least, so that an empty table means that there is no /proc.
  if (code != 0 || mnt_table_is_empty(table.get()) != 0) {
    return Error(code < 0 ? -code : ENOENT, "read mount table",
                 std::string(path) + " cannot be read; is /proc mounted?");
  }
  return entries_of(table.get());
}

const MountEntry* find_mount_at(std::span<const MountEntry> table, std::string_view directory) {
  const auto at = [directory](const MountEntry& entry) { return entry.mount_point == directory; };
  const auto found = std::find_if(table.rbegin(), table.rend(), at);
  return found == table.rend() ? nullptr : &*found;
}

const MountEntry* find_mount_of(std::span<const MountEntry> table, std::string_view device) {
  const auto from = [device](const MountEntry& entry) { return entry.source == device; };
  const auto found = std::find_if(table.begin(), table.end(), from);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace zonecopy::zonefs
