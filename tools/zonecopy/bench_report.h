// What `zonecopy bench copy` prints: tables for people, and JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/bench/subject.h"
#include "tools/zonecopy/json.h"

namespace zonecopy::tools {

/// What has become of one device or folder. Without facts it could not be opened.
struct BenchResult {
  std::string name;
  std::optional<benching::SubjectFacts> facts;
  benching::Outcome outcome;
};

struct BenchSummary {
  benching::Request request;
  std::vector<BenchResult> results;
  bool interrupted = false;
};

/// How much faster than reading and writing in the same shape; nothing where that was not measured, or is this one.
[[nodiscard]] std::optional<double> ratio_to_read_write(const benching::Outcome& outcome, const benching::Case& each);
/// The first error; null where there is none but an interruption.
[[nodiscard]] const Error* error_of(const BenchSummary& summary);
[[nodiscard]] std::string bench_text(const BenchSummary& summary);
[[nodiscard]] Json bench_json(const BenchSummary& summary);

}  // namespace zonecopy::tools
