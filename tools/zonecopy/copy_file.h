// A zone file as `zonecopy copy` sees it: open, with the facts that a copy needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "zonecopy/file_descriptor.h"
#include "zonecopy/ioctl.h"
#include "zonecopy/result.h"

namespace zonecopy::tools {

class CopyFile {
 public:
  enum class Access : std::uint8_t { read, write };
  /// Refuses what is no zone file of a mount of zonecopyfs, and says which tool is the right one.
  static Result<CopyFile> open(const std::string& path, Access access);

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] std::uint64_t capacity_bytes() const { return info_.capacity_bytes; }
  [[nodiscard]] std::uint64_t block_size_bytes() const { return block_size_bytes_; }
  [[nodiscard]] bool sequential() const { return info_.sequential != 0; }
  /// Option copy=offload of its mount.
  [[nodiscard]] bool only_offload() const { return info_.copy_mode == ZONECOPY_COPY_OFFLOAD; }
  [[nodiscard]] bool same_mount_as(const CopyFile& other) const { return device_number_ == other.device_number_; }
  [[nodiscard]] bool same_file_as(const CopyFile& other) const {
    return same_mount_as(other) && inode_ == other.inode_;
  }
  /// What the file tells now, with the bytes that were copied to this open by the way they took.
  [[nodiscard]] std::optional<zonecopy_file_info> ask() const;

 private:
  CopyFile(FileDescriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  Status learn();

  FileDescriptor file_;
  std::string path_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t block_size_bytes_ = 0;
  std::uint64_t device_number_ = 0;
  std::uint64_t inode_ = 0;
  zonecopy_file_info info_{};
};

}  // namespace zonecopy::tools
