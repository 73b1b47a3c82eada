// Long lists of sources: one a line, or one behind each NUL.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "zonecopy/result.h"

namespace zonecopy::tools {

/// Cuts a list into entries as it comes in. Pure.
class ListCutter {
 public:
  using Take = std::function<Status(std::string_view entry)>;

  /// In a list of lines, empty ones and those that begin with '#' are no entries.
  ListCutter(bool null_separated, Take take) : null_separated_(null_separated), take_(std::move(take)) {}

  /// The next piece of the list. An error of `take` gets the number of the entry. EINVAL: an entry that is longer than
  /// any can be, or has a NUL where lines are expected: this is no such list.
  Status add(std::string_view piece);
  /// To be called at the end: the last entry may be without its separator.
  Status finish();

 private:
  Status entry_ends();

  bool null_separated_;
  Take take_;
  std::string entry_;
  std::uint64_t number_ = 1;  ///< of the line or entry
};

/// Reads the list `path`, or standard input where that is "-". Errors of open(2) and read(2) with the name of the list,
/// and those of ListCutter.
Status read_list(const std::string& path, bool null_separated, const ListCutter::Take& take);

}  // namespace zonecopy::tools
