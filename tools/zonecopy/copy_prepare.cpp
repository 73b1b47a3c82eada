#include "tools/zonecopy/copy_prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "tools/zonecopy/copy_list.h"
#include "zonefs/disk/super_block.h"

namespace zonecopy::tools {
namespace {

// More than there are blocks in a zone of 16 GiB. A list that never ends is not read for ever.
constexpr std::size_t sources_max = 1U << 22;

Error make_error(int code, std::string_view name, std::string detail) {
  return Error(code, "copy", std::move(detail)).on_device(name);
}

class SourceCollector {
 public:
  SourceCollector(CopyFiles& files, const CopyArguments& arguments) : files_(files), arguments_(arguments) {}

  Status add(std::string_view text);
  [[nodiscard]] std::vector<CopySource> take() { return std::move(sources_); }

 private:
  /// The range that the text names, or the options do.
  [[nodiscard]] RangeRequest range_of(const CopyOperand& operand) const;

  CopyFiles& files_;
  const CopyArguments& arguments_;
  std::vector<CopySource> sources_;
};

RangeRequest SourceCollector::range_of(const CopyOperand& operand) const {
  if (operand.offset_bytes) return {*operand.offset_bytes, operand.length_bytes};
  return {arguments_.source_offset_bytes.value_or(0), arguments_.length_bytes,
          arguments_.source_offset_bytes.has_value(), arguments_.length_bytes.has_value()};
}

Status SourceCollector::add(std::string_view text) {
  if (sources_.size() == sources_max) {
    return make_error(E2BIG, text, fmt::format("there are more than {} sources: no zone takes so many", sources_max));
  }
  const bool by_options = arguments_.source_offset_bytes || arguments_.length_bytes;
  const Result<CopyOperand> operand =
      parse_source(text, [this](const std::string& path) { return files_.exists(path); });
  if (!operand) return operand.error();
  if (by_options && operand->offset_bytes) {
    return make_error(EINVAL, text, "it names its range already: leave out --source-offset and --length");
  }
  const Result<const CopyFile*> file = files_.open_source(operand->place);
  if (!file) return file.error();
  const RangeRequest range = range_of(*operand);
  const Result<std::uint64_t> length = range_length(**file, range);
  if (!length) return length.error();
  sources_.push_back({*file, range, *length});
  return {};
}

Result<std::vector<CopySource>> collect_sources(CopyFiles& files, const CopyArguments& arguments) {
  SourceCollector collector(files, arguments);
  for (const std::string& text : arguments.sources) {
    const Status added = collector.add(text);
    if (!added) return added.error();
  }
  if (arguments.list) {
    const Status read = read_list(*arguments.list, arguments.null_separated,
                                  [&collector](std::string_view entry) { return collector.add(entry); });
    if (!read) return read.error();
  }
  std::vector<CopySource> sources = collector.take();
  if (sources.empty()) {
    return make_error(EINVAL, arguments.list.value_or(""), "the list has no sources: there is nothing to copy");
  }
  return sources;
}

/// A zone 0 is where a file system on the device has its super block, which a mount would miss.
Status check_super_block(CopyFiles& files, const CopyPlace& place, const CopyTarget& target) {
  if (place.zone != ZoneIndex{0} || target.offset_bytes.value_or(0) >= zonefs::super_block_size_bytes) return {};
  const Result<CopyFile> reader = files.open(place, CopyFiles::Access::read);
  if (!reader) return reader.error();
  zonefs::SuperBlockBytes bytes{};
  const Result<std::size_t> read = reader->file->read(0, bytes);
  if (!read || *read < bytes.size() || !zonefs::decode(bytes)) return {};
  return make_error(
      EEXIST, place.text(),
      fmt::format("zone 0 has the super block of a zonefs file system, which would be lost; if nobody needs "
                  "it, 'wipefs -a {}' removes it",
                  place.path));
}

Status add_target(CopyFiles& files, const CopyArguments& arguments, const std::string& text, PreparedCopy& copy) {
  const Result<CopyPlace> place =
      parse_destination(text, [&files](const std::string& path) { return files.exists(path); });
  if (!place) return place.error();
  const Result<CopyFile> file = files.open(*place, CopyFiles::Access::write);
  if (!file) return file.error();
  for (const CopyTarget& other : copy.targets) {
    if (!other.file.file->same_as(*file->file)) continue;
    return make_error(EINVAL, text, "it is named twice as a destination");
  }
  copy.targets.push_back({*file, arguments.destination_offset_bytes});
  const Status possible = check_request(copy.sources, copy.targets.back());
  if (!possible) return possible.error();
  const Status nothing_lost = check_super_block(files, *place, copy.targets.back());
  if (!nothing_lost) return nothing_lost.error();
  if (!arguments.verify) return {};
  const Result<CopyFile> reader = files.open(*place, CopyFiles::Access::read);
  if (!reader) return reader.error();
  copy.readers.push_back(reader->file);
  return {};
}

}  // namespace

std::vector<GatherRange> PreparedCopy::ranges() const {
  std::vector<GatherRange> ranges;
  ranges.reserve(sources.size());
  for (const CopySource& source : sources) {
    ranges.push_back({source.file->file, source.range.offset_bytes, source.length_bytes});
  }
  return ranges;
}

std::vector<GatherDestination> PreparedCopy::destinations() const {
  std::vector<GatherDestination> destinations;
  for (const CopyTarget& target : targets) destinations.push_back({target.file.file, target.offset_bytes});
  return destinations;
}

std::uint64_t PreparedCopy::total_bytes() const {
  std::uint64_t total_bytes = 0;
  for (const CopySource& source : sources) total_bytes += source.length_bytes;
  return total_bytes;
}

Result<PreparedCopy> prepare_copy(CopyFiles& files, const CopyArguments& arguments) {
  PreparedCopy copy;
  Result<std::vector<CopySource>> sources = collect_sources(files, arguments);
  if (!sources) return sources.error();
  copy.sources = std::move(*sources);
  for (const std::string& text : arguments.destinations) {
    const Status added = add_target(files, arguments, text, copy);
    if (!added) return added.error();
  }
  return copy;
}

}  // namespace zonecopy::tools
