// What has gone wrong on a mount: why and since when it is read-only, and its last error. For zonecopy status.
#pragma once

#include <cstdint>
#include <string>

namespace zonecopy::zonefs {

class Health {
 public:
  void note_error(std::string text) { last_error_ = std::move(text); }
  /// Notes the reason, unless there is one already: the first one counts until the mount is writable again.
  void became_read_only(std::string reason, std::int64_t now_ns);
  void became_writable();

  /// Empty while the mount can be written.
  [[nodiscard]] const std::string& read_only_reason() const { return read_only_reason_; }
  /// As "2026-11-27T06:26:03Z"; empty while the mount can be written.
  [[nodiscard]] std::string read_only_since() const;
  /// Empty if there was none.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  std::string read_only_reason_;
  std::int64_t read_only_since_ns_ = 0;
  std::string last_error_;
};

}  // namespace zonecopy::zonefs
