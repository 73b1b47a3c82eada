// The commands of the program, as words; from the command line or from a line of standard input.
#pragma once

#include <span>
#include <string>

#include "examples/log_store/collector.h"
#include "examples/log_store/store.h"

namespace log_store {

struct Answer {
  enum class Status { done, no_such_key, wrong_command, failed };
  Status status = Status::done;
  std::string text;  ///< one line or several, without the last newline; of an error, one line
};

/// "put KEY VALUE", "get KEY", "delete KEY", "list", "status", "gc", "load COUNT BYTES [KEYS]".
[[nodiscard]] Answer execute(Store& store, Collector& collector, std::span<const std::string> words);

}  // namespace log_store
