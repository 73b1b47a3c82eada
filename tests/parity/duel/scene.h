// What is there to act upon: files and their sizes, open files, options. Taken from the kernel's mount, the one that is right by definition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parity {

struct ZoneFile {
  std::string path;
  bool sequential = false;
  std::uint64_t capacity_bytes = 0;
  std::uint64_t inode = 0;  ///< times the zone size: where it begins on the device
};

struct Slot {
  bool open = false;
  std::string path;
  std::optional<std::size_t> file;  ///< none: a directory
  int flags = 0;

  [[nodiscard]] bool readable() const;
  [[nodiscard]] bool writable() const;
};

struct Scene {
  std::string kernel_mount;
  std::uint64_t zone_bytes = 0;
  std::uint32_t block_bytes = 0;
  std::vector<ZoneFile> files;
  std::vector<Slot> slots;
  std::string options;        ///< of the mount as it is
  bool is_read_only = false;  ///< the kernel's mount, by option or after an error
  bool can_fault = false;     ///< devices can be told to fail
  unsigned bad_zones = 0;

  /// Whether the kernel's mount has become read-only, or is no more.
  void look_again();
  /// Finds the files and directories of a mount.
  void explore();
  [[nodiscard]] std::uint64_t size(std::size_t file) const;
  [[nodiscard]] std::optional<std::size_t> find(const std::string& path) const;
  [[nodiscard]] bool writers() const;
};

}  // namespace parity
