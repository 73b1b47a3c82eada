// Result<T>: a value, or the Error why there is none. Everything reports errors in this way.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "zonecopy/error_facts.h"

#pragma GCC visibility push(default)

namespace zonecopy {

/// `text` on one line: control characters, which names and paths may contain, become "\\x0a".
[[nodiscard]] std::string one_line(std::string_view text);

/// What went wrong, and where. A log shows all of it; a system call returns only `code`. Programs decide by the code
/// and the facts (error_facts.h); the texts are for people.
class Error {
 public:
  /// `code` is a positive errno. `operation` names what was attempted: "write", "zone reset", "open image".
  Error(int code, std::string operation, std::string detail = {})
      : code_(code), operation_(std::move(operation)), detail_(std::move(detail)) {}

  /// A zone has refused `operation`.
  Error(ZoneRefusal refusal, std::string operation)
      : Error(to_errno(refusal), std::move(operation), std::string(zonecopy::to_string(refusal))) {
    zone_refusal_ = refusal;
  }

  [[nodiscard]] int code() const { return code_; }
  [[nodiscard]] const std::string& operation() const { return operation_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  /// NVMe status as SCT<<8|SC without the DNR bit (NVMe Base, "Status Field"); nothing where no drive answered.
  [[nodiscard]] std::optional<std::uint16_t> nvme_status() const { return nvme_status_; }
  /// Why the zone refused the command; nothing where that was not the reason, or is not known.
  [[nodiscard]] std::optional<ZoneRefusal> zone_refusal() const { return zone_refusal_; }
  /// The side of a copy that failed; nothing where that is not known.
  [[nodiscard]] std::optional<CopySide> copy_side() const { return copy_side_; }
  /// Number of the zone on its device, from 0.
  [[nodiscard]] std::optional<std::uint64_t> zone() const { return zone_; }
  [[nodiscard]] std::optional<std::uint64_t> lba() const { return lba_; }
  /// The path of the device; empty where none was named.
  [[nodiscard]] const std::string& device() const { return device_; }

  // Each adds a fact and returns the error itself.
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
  /// Another errno for the same facts.
  Error& with_code(int code) {
    code_ = code;
    return *this;
  }
  Error& with_nvme_status(std::uint16_t status) {
    nvme_status_ = status;
    return *this;
  }

  Error& with_zone_refusal(std::optional<ZoneRefusal> refusal) {
    zone_refusal_ = refusal;
    return *this;
  }
  /// The detail is the whole message: text() gives nothing else.
  Error& detail_says_all() {
    detail_says_all_ = true;
    return *this;
  }
  Error& on_side(std::optional<CopySide> side) {
    copy_side_ = side;
    return *this;
  }

  /// What a program prints for its user: the detail alone after detail_says_all(), else to_string(). One line.
  [[nodiscard]] std::string text() const { return detail_says_all_ ? one_line(detail_) : to_string(); }
  /// All facts on one line: "zone reset on disk.img, zone 3, LBA 98304: Input/output error (NVMe status 0x1bc):
  /// detail".
  [[nodiscard]] std::string to_string() const;

 private:
  int code_;
  std::string operation_;
  std::string detail_;
  std::string device_;
  std::optional<std::uint16_t> nvme_status_;
  std::optional<ZoneRefusal> zone_refusal_;
  std::optional<CopySide> copy_side_;
  bool detail_says_all_ = false;
  std::optional<std::uint64_t> zone_;
  std::optional<std::uint64_t> lba_;
};

/// A value or an Error. value(), * and -> require ok(), error() requires !ok(): otherwise they throw
/// std::bad_variant_access.
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

/// The result of what returns no value: success or an Error.
using Status = Result<std::monostate>;

}  // namespace zonecopy

#pragma GCC visibility pop
