// An open file of a mount, of zonecopyfs or any other, as a source or destination.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>

#include "src/gather/open_file.h"
#include "zonecopy/buffer.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/ioctl.h"

namespace zonecopy::gather {

/// What kind of mount a file is on.
enum class MountKind : std::uint8_t {
  zonecopyfs,
  kernel_zonefs,  ///< takes direct writes of whole blocks only, and copies nothing by itself
  other,
};

class MountFile final : public OpenFile {
 public:
  /// Takes the descriptor. EINVAL: it is open on no regular file.
  static Result<std::shared_ptr<MountFile>> take(FileDescriptor file, std::string name);

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool same_as(const GatherFile& other) const override;
  Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> data) override;
  Status sync() override;

  [[nodiscard]] Home home() const override;
  Result<FileFacts> all_facts() override;
  Status check_source() override;
  Status check_destination() override;
  Written write(std::uint64_t offset_bytes, std::span<const std::byte> data) override;

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] MountKind kind() const { return kind_; }
  [[nodiscard]] bool sequential() const { return sequential_; }
  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  [[nodiscard]] std::uint64_t block_size_bytes() const { return block_size_bytes_; }
  /// What its mount can do; nothing where that is not zonecopyfs, or one that knows no gather request.
  [[nodiscard]] std::optional<zonecopy_limits> limits() const;
  /// Its size now: the kernel asks the file system, and answers nothing from memory.
  Result<std::uint64_t> size();
  /// EINVAL: it is sequential, and does not end at this offset any more.
  Status check_end(std::uint64_t offset_bytes);
  /// Reads what the file system has, and not what the page cache holds of a write that has failed. Less than all: the
  /// end of the file, or it cannot be read.
  std::size_t read_back(std::uint64_t offset_bytes, std::span<std::byte> data);

 private:
  MountFile(FileDescriptor file, std::string name, const struct stat& facts);
  [[nodiscard]] bool in_sequential_folder() const;
  /// A descriptor of the same file without O_DIRECT, or with it. The one that was given, where it is right or no other
  /// can be had.
  int descriptor(bool direct);
  /// How much of a write that has failed with `code` is in a sequential file all the same.
  std::uint64_t written_all_the_same(int code, std::uint64_t offset_bytes, std::span<const std::byte> data);
  Written write_once(std::uint64_t offset_bytes, std::span<const std::byte> data);

  FileDescriptor file_;
  FileDescriptor other_;  ///< the file once more, O_DIRECT the other way round
  FileDescriptor back_;   ///< the file once more, to read back what was written
  Buffer back_buffer_;
  std::string name_;
  std::uint64_t device_number_;
  std::uint64_t inode_;
  std::uint64_t block_size_bytes_;
  int flags_;  ///< fcntl(F_GETFL)
  MountKind kind_ = MountKind::other;
  bool sequential_ = false;
  std::optional<zonecopy_file_info> info_;
  bool other_tried_ = false;
};

}  // namespace zonecopy::gather
