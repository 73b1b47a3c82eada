// An open zone file, with the facts that `zonecopy copy` needs.
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
  /// An error where `path` is no zone file of a zonecopyfs mount; the detail names the right tool.
  static Result<CopyFile> open(const std::string& path, Access access);

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] std::uint64_t capacity_bytes() const { return info_.capacity_bytes; }
  [[nodiscard]] std::uint64_t block_size_bytes() const { return block_size_bytes_; }
  [[nodiscard]] bool sequential() const { return info_.sequential != 0; }
  /// Whether the file's mount has option copy=offload.
  [[nodiscard]] bool only_offload() const { return info_.copy_mode == ZONECOPY_COPY_OFFLOAD; }
  [[nodiscard]] bool same_mount_as(const CopyFile& other) const { return device_number_ == other.device_number_; }
  [[nodiscard]] bool same_file_as(const CopyFile& other) const {
    return same_mount_as(other) && inode_ == other.inode_;
  }
  /// The current facts, with the bytes that were copied to this open file; nothing if the ioctl fails.
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
