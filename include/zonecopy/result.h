// Result<T>: a value or the Error that took its place. One way to report an error, everywhere.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace zonecopy {

/// What went wrong, where. A user sees all of it in the log; a system call sees only `code`.
class Error {
 public:
  /// `code` is a positive errno; `operation` names what was attempted ("write", "zone reset", "open image").
  Error(int code, std::string operation, std::string detail = {})
      : code_(code), operation_(std::move(operation)), detail_(std::move(detail)) {}

  [[nodiscard]] int code() const { return code_; }
  [[nodiscard]] const std::string& operation() const { return operation_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  /// NVMe status as SCT<<8|SC without the DNR bit (NVMe Base, "Status Field"); nothing where no drive answered.
  [[nodiscard]] std::optional<std::uint16_t> nvme_status() const { return nvme_status_; }
  [[nodiscard]] std::optional<std::uint64_t> zone() const { return zone_; }
  [[nodiscard]] std::optional<std::uint64_t> lba() const { return lba_; }
  [[nodiscard]] const std::string& device() const { return device_; }

  Error& at_zone(std::uint64_t zone) {
    zone_ = zone;
    return *this;
  }
  Error& at_lba(std::uint64_t lba) {
    lba_ = lba;
    return *this;
  }
  Error& on_device(std::string_view device) {
    device_ = device;
    return *this;
  }
  Error& with_nvme_status(std::uint16_t status) {
    nvme_status_ = status;
    return *this;
  }

  /// One line: "zone reset on disk.img, zone 3, LBA 98304: Input/output error (NVMe status 0x1bc): detail".
  [[nodiscard]] std::string to_string() const;

 private:
  int code_;
  std::string operation_;
  std::string detail_;
  std::string device_;
  std::optional<std::uint16_t> nvme_status_;
  std::optional<std::uint64_t> zone_;
  std::optional<std::uint64_t> lba_;
};

/// `text` on one line: names and paths may hold anything. Control characters become "\\x0a".
[[nodiscard]] std::string one_line(std::string_view text);

template <typename T = std::monostate>
class [[nodiscard]] Result {
 public:
  Result() requires std::is_default_constructible_v<T> : state_(std::in_place_index<0>) {}
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const { return std::get<0>(state_); }
  [[nodiscard]] T& operator*() { return value(); }
  [[nodiscard]] const T& operator*() const { return value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }
  [[nodiscard]] Error& error() { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// Nothing to return but success or an Error.
using Status = Result<std::monostate>;

}  // namespace zonecopy
