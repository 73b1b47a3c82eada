#include "src/gather/c/convert.h"

#include <algorithm>

namespace zonecopy::gather::c {
namespace {

Error null_pointer() { return misuse("a null pointer"); }

/// Whether the caller's structure has all members that this version knows, and can stand in an array.
template <typename T>
bool whole(const T& given) {
  return given.struct_size >= sizeof given && given.struct_size % alignof(T) == 0;
}

std::uint32_t way_bit(GatherWay way) {
  switch (way) {
    case GatherWay::gather_call: return ZONECOPY_WAY_GATHER_CALL;
    case GatherWay::copy_file_range: return ZONECOPY_WAY_COPY_FILE_RANGE;
    case GatherWay::read_write: return ZONECOPY_WAY_READ_WRITE;
    case GatherWay::device_copy: return ZONECOPY_WAY_DEVICE_COPY;
  }
  return 0;
}

}  // namespace

Result<std::vector<GatherRange>> ranges_of(const zonecopy_range* ranges, std::size_t count) {
  std::vector<GatherRange> result;
  if (count == 0) return result;
  if (ranges == nullptr) return null_pointer();
  if (!whole(*ranges)) return misuse("struct_size of the ranges is not set");
  for (std::size_t i = 0; i < count; ++i) {
    const zonecopy_range& range = element(ranges, i);
    if (range.struct_size != ranges->struct_size) return misuse("the ranges differ in struct_size");
    if (range.reserved != 0) return misuse("a reserved member of a range is not 0");
    if (range.file == nullptr) return null_pointer();
    result.push_back({range.file->file, range.offset_bytes, range.length_bytes});
  }
  return result;
}

Result<std::vector<GatherDestination>> destinations_of(const zonecopy_destination* destinations, std::size_t count) {
  std::vector<GatherDestination> result;
  if (count == 0) return result;
  if (destinations == nullptr) return null_pointer();
  if (!whole(*destinations)) return misuse("struct_size of the destinations is not set");
  for (std::size_t i = 0; i < count; ++i) {
    const zonecopy_destination& destination = element(destinations, i);
    if (destination.struct_size != destinations->struct_size) return misuse("the destinations differ in struct_size");
    if (destination.reserved != 0) return misuse("a reserved member of a destination is not 0");
    if (destination.file == nullptr) return null_pointer();
    result.push_back({destination.file->file, std::nullopt});
    if (destination.offset_bytes != ZONECOPY_AT_END) result.back().offset_bytes = destination.offset_bytes;
  }
  return result;
}

Result<GatherOptions> options_of(const zonecopy_options* options) {
  GatherOptions result;
  if (options == nullptr) return result;
  if (!whole(*options)) return misuse("struct_size of the options is not set");
  if (options->reserved != 0) return misuse("a reserved member of the options is not 0");
  switch (options->mode) {
    case ZONECOPY_COPY_AUTO: result.mode = CopyMode::automatic; break;
    case ZONECOPY_COPY_OFFLOAD: result.mode = CopyMode::offload; break;
    case ZONECOPY_COPY_EMULATE: result.mode = CopyMode::emulate; break;
    default: return misuse("the mode is no enum zonecopy_copy_mode");
  }
  result.bytes_per_second = options->bytes_per_second;
  result.background = options->background != 0;
  if (options->progress != nullptr) {
    result.progress = [function = options->progress, context = options->context](const GatherProgress& progress) {
      function(context, progress.done_bytes, progress.total_bytes);
    };
  }
  return result;
}

Status check_results(const zonecopy_result* results) {
  if (results == nullptr || whole(*results)) return {};
  return misuse("struct_size of the results is not set");
}

void put_report(const GatherReport& report, std::size_t range_count, zonecopy_result& result) {
  result.error = report.error ? -report.error->code() : 0;
  result.offset_bytes = report.offset_bytes;
  result.bytes = report.bytes;
  result.bytes_offloaded = report.bytes_offloaded;
  result.bytes_kernel = report.bytes_kernel;
  result.bytes_emulated = report.bytes_emulated;
  result.commands = report.commands;
  result.failed_range = report.failed_range.value_or(range_count);
  result.ways = 0;
  for (const GatherWay way : report.ways) result.ways |= way_bit(way);
  if (result.range_bytes != nullptr)
    std::copy(report.range_bytes.begin(), report.range_bytes.end(), result.range_bytes);
  put_text(report.not_offloaded_because, result.not_offloaded_because);
  put_text(report.error ? report.error->text() : "", result.error_text);
}

void put_refusal(const Error& error, std::size_t range_count, zonecopy_result& result) {
  GatherReport nothing;
  nothing.range_bytes.resize(range_count);
  nothing.failed_range = 0;
  nothing.error = error;
  put_report(nothing, range_count, result);
}

void put_plan(const GatherPlan& from, zonecopy_plan& plan) {
  plan.commands = from.commands.size();
  plan.source_ranges = 0;
  for (const CopyCommand& command : from.commands) plan.source_ranges += command.ranges.size();
  put_text(from.mechanism, plan.copy_mechanism);
  put_text(from.not_offloaded_because, plan.not_offloaded_because);
}

}  // namespace zonecopy::gather::c
