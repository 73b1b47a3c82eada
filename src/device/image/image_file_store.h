// The file of an image. It is reached by descriptors only, and never again by its name.
#pragma once

#include <cstdint>

#include "src/device/image/image_format.h"
#include "src/device/image/image_store.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/file_descriptor.h"

namespace zonecopy::image {

/// Locks an image that is in use, shared or exclusively. Returns 0, EWOULDBLOCK or another errno. The lock ends with
/// `unlock_image_file`, or when nothing refers to the open file any more.
int lock_image_file(int fd, bool exclusive);
void unlock_image_file(int fd);

/// Space that is held back on the file system of the image. It is given up on a full disk, for a write that frees
/// space.
class Reserve {
 public:
  /// Holds space in the directory of the image `image_fd`. Does nothing where no unnamed file can be made there
  /// (O_TMPFILE).
  void hold_beside(int image_fd);
  bool use();
  void refill();

 private:
  FileDescriptor file_;
  bool held_ = false;
};

class FileStore final : public ImageStore {
 public:
  /// Without a loop only what does not wait for one can be used.
  FileStore(EventLoop* loop, FileDescriptor file) : loop_(loop), buffered_(std::move(file)) {}
  ~FileStore() override;
  /// Chooses how the data is read and written.
  void prepare(const Header& header, bool writable) override;

  StoreOperation read(std::span<std::byte> data, std::uint64_t offset_bytes) override;
  StoreOperation read_after(std::span<std::byte> before, std::uint64_t before_offset_bytes, std::span<std::byte> data,
                            std::uint64_t offset_bytes) override;
  StoreOperation write(std::span<const std::byte> data, std::uint64_t offset_bytes) override;
  StoreOperation write_table(std::span<const std::byte> data, std::uint64_t offset_bytes) override;
  Task<int> sync() override;
  Task<int> punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) override;

  int read_now(std::span<std::byte> data, std::uint64_t offset_bytes) override;
  int write_table_now(std::span<const std::byte> data, std::uint64_t offset_bytes) override;
  int punch_now(std::uint64_t offset_bytes, std::uint64_t length_bytes) override;
  int sync_now() override;
  Result<std::uint64_t> find(Seek what, std::uint64_t offset_bytes) override;

  [[nodiscard]] FileCopyMechanism copy_mechanism() const override;
  [[nodiscard]] bool can_copy_from(const ImageStore& source) const override;
  Task<Copied> copy_from(ImageStore& source, std::span<const SourceRange> ranges, std::uint64_t destination_bytes,
                         FileCopyAllowed allowed, const CancelToken* cancel) override;

  bool use_reserve() override { return reserve_.use(); }
  void refill_reserve() override { reserve_.refill(); }
  Status make_writable() override;
  [[nodiscard]] DeviceIdentity identity() const override;

 private:
  [[nodiscard]] int data_fd() const { return direct_ ? direct_.get() : buffered_.get(); }
  void open_data();

  EventLoop* loop_;
  FileDescriptor locked_;    ///< holds the lock, where `buffered_` is not the first descriptor
  FileDescriptor buffered_;  ///< for the table, copies and syncs, and for data where there is no direct I/O
  FileDescriptor direct_;
  FileDescriptor direct_for_reading_;  ///< the old descriptor, after the store has become writable
  bool writable_ = false;
  std::uint32_t block_size_bytes_ = 0;
  FileCopyMechanism mechanism_ = FileCopyMechanism::none;
  Reserve reserve_;
};

}  // namespace zonecopy::image
