// What `zonecopy copy` says when it is done: for people, and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/zonecopy/copy_request.h"
#include "tools/zonecopy/copy_verify.h"
#include "tools/zonecopy/json.h"
#include "zonecopy/gather.h"

namespace zonecopy::tools {

/// What has become of one destination.
struct CopyOutcome {
  std::string name;
  GatherReport report;  ///< its error is none where a signal ended the copy
  std::optional<Verification> verification;

  /// Why it failed; nothing if it did not, or a signal ended it.
  [[nodiscard]] std::optional<Error> error() const;
};

struct CopySummary {
  const std::vector<CopySource>& sources;
  std::vector<CopyOutcome> outcomes = {};
  double seconds = 0;          ///< of the copy, without verifying
  std::string mechanism = {};  ///< how the device copies
  bool verify = false;         ///< it was asked for
  bool interrupted = false;
};

/// The error of a verification, which names the first range that differs; nothing if all is the same.
[[nodiscard]] std::optional<Error> verify_error(const CopyOutcome& outcome, const std::vector<CopySource>& sources);

/// The text of it all, with ends of lines. A destination that got nothing because of an error has none.
[[nodiscard]] std::string copy_text(const CopySummary& summary);
/// The same as an object. Its first members are sums over all destinations.
[[nodiscard]] Json copy_json(const CopySummary& summary);
/// The same object for a copy that was not begun: all numbers are 0, and the lists empty.
[[nodiscard]] Json refusal_json(const Error& error);

}  // namespace zonecopy::tools
