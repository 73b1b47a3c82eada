// Repeats short reads or writes of a file until all is done.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zonecopy {

/// The rest of a read (`Byte` is std::byte) or a write (const std::byte), which the kernel may carry out in parts. The data
/// must outlive the transfer. The coroutine that uses it awaits the parts itself, which saves a coroutine:
///
///     while (transfer.goes_on()) {
///       const std::int32_t result = co_await loop.read(fd, transfer.data(), transfer.offset_bytes());
///       transfer.note(result);
///     }
template <typename Byte>
class FileTransfer {
 public:
  FileTransfer(std::span<Byte> data, std::uint64_t offset_bytes) : data_(data), offset_bytes_(offset_bytes) {}

  [[nodiscard]] bool goes_on() const { return code_ == 0 && !data_.empty(); }
  [[nodiscard]] std::span<Byte> data() const { return data_; }
  [[nodiscard]] std::uint64_t offset_bytes() const { return offset_bytes_; }
  /// 0 or an errno; EIO where the file ends before all is read. How much of a failed write is in the file is not known.
  [[nodiscard]] int code() const { return code_; }

  /// `result`: the bytes of a part, or a negative errno.
  void note(std::int32_t result) {
    if (result == -EINTR || result == -EAGAIN) return;
    if (result <= 0) {  // 0 bytes, for a transfer of at least one, are an error
      code_ = result < 0 ? -result : EIO;
      return;
    }
    data_ = data_.subspan(static_cast<std::size_t>(result));
    offset_bytes_ += static_cast<std::uint64_t>(result);
  }

 private:
  std::span<Byte> data_;
  std::uint64_t offset_bytes_;
  int code_ = 0;
};

}  // namespace zonecopy
