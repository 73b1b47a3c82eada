#include "zonefs/core/file_system.h"

namespace zonecopy::zonefs {

FileSystem::FileSystem(EventLoop& loop, std::unique_ptr<ZonedDevice> device, MountOptions options, Log& log,
                       Clock clock, SuperBlock super_block, Tree tree, std::vector<ZoneFile> files)
    : volume_(loop, std::move(device), std::move(options), log, std::move(clock), std::move(super_block),
              std::move(tree), std::move(files)),
      recovery_(volume_),
      stream_(volume_),
      conventional_(volume_),
      late_zeros_(volume_, recovery_, stream_),
      attributes_(volume_),
      openings_(volume_, recovery_, late_zeros_),
      reader_(volume_, recovery_),
      writer_(volume_, recovery_, stream_, conventional_),
      truncater_(volume_, recovery_, stream_, conventional_),
      late_truncates_(volume_, attributes_, truncater_),
      copy_worker_(volume_, recovery_, stream_, conventional_),
      copier_(volume_, copy_worker_),
      gatherer_(volume_, copy_worker_) {
  note_read_only_option();
}

FileSystem::~FileSystem() = default;

void FileSystem::note_read_only_option() {
  if (!read_only()) {
    volume_.health.became_writable();
  } else {
    volume_.health.became_read_only("mount option ro", volume_.clock());
  }
}

Result<Attributes> FileSystem::attributes(NodeId id) const {
  Result<Attributes> attributes = attributes_.of(id);
  if (late_truncates_.none() || !attributes) return attributes;
  const std::optional<Node> node = tree().node(id);
  if (node->kind != Node::Kind::file) return attributes;
  return late_truncates_.seen_by_others(node->file, *attributes);
}

bool FileSystem::is_ending(NodeId id) const {
  const std::optional<Node> node = tree().node(id);
  if (!node || node->kind != Node::Kind::file) return false;
  const FileEnd* const end = volume_.files.ends.find(node->file);
  return end != nullptr && end->ending;
}

Task<void> FileSystem::settled(NodeId id) {
  const GatePass pass(volume_.requests);
  const std::optional<Node> node = tree().node(id);
  const KeyedLocks::Guard guard = co_await volume_.locks.write(node->file);
}

FileSystemUsage FileSystem::usage() const {
  FileSystemUsage usage = volume_.files.usage();
  usage.files = tree().file_count() + tree().non_empty_groups();
  return usage;
}

Counters FileSystem::counters() const {
  const ResourceLimits& limits = device_info().resource_limits;
  return Counters{copy_worker_.accounts().counters(), limits.max_open_zones, volume_.files.open_sequential_files(),
                  limits.max_active_zones, volume_.files.active_sequential_files()};
}

std::vector<std::pair<std::string, CopyRoute>> FileSystem::routes() const {
  std::vector<std::pair<std::string, CopyRoute>> routes;
  for (const Volume* const other : volume_.others) {
    CopyRoute route = volume_.device->copy_route(*other->device);
    if (other->info().block_size_bytes != volume_.info().block_size_bytes) {
      route = {CopyPath::emulated, {}, different_blocks(*other, volume_)};
    }
    routes.emplace_back(other->name, std::move(route));
  }
  return routes;
}

Task<Result<Attributes>> FileSystem::set_attributes(NodeId id, AttributeChange change, OpenFile* through,
                                                    std::int32_t pid, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  const std::optional<Node> node = tree().node(id);
  if (!node) co_return Error(ENOENT, "change attributes");
  if (node->kind != Node::Kind::file) {
    const Status changed = attributes_.change_directory(*node, change);
    if (!changed) co_return changed.error();
    co_return attributes_.of(id);
  }
  if (change.size_bytes && *change.size_bytes != 0 && late_truncates_.owed(node->file, through)) {
    const Status paid = co_await late_truncates_.pay(node->file, through, pid, cancel);
    if (!paid) co_return paid.error();
  }
  KeyedLocks::Guard guard;
  if (change.size_bytes) {  // other attributes change in memory only and need no lock
    guard = co_await volume_.locks.exclusive(node->file, cancel);
    if (!guard) co_return volume_.make_error(EINTR, "truncate", node->file);
  }
  const Status allowed = attributes_.may_change(node->file, change, through);
  if (!allowed) co_return allowed.error();
  if (change.size_bytes) {
    const Status truncated = co_await truncater_.truncate(node->file, *change.size_bytes, through, pid);
    if (!truncated) co_return truncated.error();
    if (*change.size_bytes == 0) late_truncates_.settle(node->file);
  }
  const bool empties = change.size_bytes == 0U && change.size_changes_times && !volume_.files[node->file].sequential;
  if (empties && !options().strict) volume_.emptied.empty(node->file, through == nullptr ? 0 : through->number);
  attributes_.change_file(node->file, change);
  co_return attributes_.of(id);
}

Task<void> FileSystem::truncate_and_release(std::unique_ptr<OpenFile> open_file) {
  const GatePass pass(volume_.requests);
  co_await late_truncates_.close(*open_file);
  co_await openings_.release(std::move(open_file));
}

/// What a file has for the one who opened it with O_TRUNC, whenever that is carried out.
Task<Result<ReadResult>> FileSystem::read_truncated() { co_return ReadResult(); }

Task<Result<std::uint64_t>> FileSystem::truncate_and_write(OpenFile* open_file, FileNumber file,
                                                           std::uint64_t offset_bytes, std::span<const std::byte> data,
                                                           IoFlags flags) {
  const GatePass pass(volume_.requests);
  const Status paid = co_await late_truncates_.pay(file, open_file, flags.pid, flags.cancel);
  if (!paid) co_return paid.error();
  const Result<std::uint64_t> written = co_await writer_.write(open_file, file, offset_bytes, data, flags);
  co_return written;
}

Task<Result<std::uint64_t>> FileSystem::truncate_and_copy(CopyRequest request, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  if (owes_truncation(request.from(volume_), request.source))
    co_return std::uint64_t{0};  // it is empty for whoever looks
  // What is refused changes nothing: the old contents of the destination stay.
  if (late_truncates_.owed(request.destination, request.through)) {
    const std::optional<Error> refused = copier_.foreseen_refusal(request);
    if (refused) co_return *refused;
  }
  const Status paid = co_await late_truncates_.pay(request.destination, request.through, 0, cancel);
  if (!paid) co_return paid.error();
  const Result<std::uint64_t> copied = co_await copier_.copy_range(request, cancel);
  co_return copied;
}

namespace {

/// Whether `user` could open the file for reading by its path from the root of its device.
bool may_read(const Volume& volume, FileNumber number, const FileUser& user) {
  const auto permitted = [&](NodeId node, Wanted wanted) {
    const Result<Attributes> attributes = attributes_of(volume, node);
    return attributes && permits(*attributes, user, wanted);
  };
  const Node directory{Node::Kind::directory, volume.tree.group_of(number), 0};
  return permitted(root_node, Wanted::search) && permitted(volume.tree.id_of(directory), Wanted::search) &&
         permitted(volume.node_of(number), Wanted::read);
}

}  // namespace

std::optional<std::size_t> FileSystem::first_denied(const GatherRequest& request, const FileUser& user) const {
  for (std::size_t i = 0; i < request.pieces.size(); ++i) {
    const CopyPiece& piece = request.pieces[i];
    if (!may_read(piece.volume == nullptr ? volume_ : *piece.volume, piece.source, user)) return i;
  }
  return std::nullopt;
}

Task<GatherAnswer> FileSystem::truncate_and_gather(GatherRequest request, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  for (std::size_t i = 0; i < request.pieces.size(); ++i) {
    // It is empty for whoever looks, so that no range ends in it.
    const CopyPiece& piece = request.pieces[i];
    const bool owed = owes_truncation(piece.on(volume_), piece.source);
    if (owed && (piece.offset_bytes != 0 || piece.length_bytes != 0)) co_return refused_gather(request, i, EINVAL);
  }
  // A request that is refused changes nothing, the old contents of the destination included.
  const bool truncates = late_truncates_.owed(request.destination, request.through);
  const std::optional<GatherAnswer> refused = truncates ? gatherer_.foreseen_refusal(request, 0) : std::nullopt;
  if (refused) co_return *refused;
  const Status paid = co_await late_truncates_.pay(request.destination, request.through, 0, cancel);
  if (!paid) co_return refused_gather(request, 0, paid.error().code());
  const GatherAnswer answer = co_await gatherer_.gather(std::move(request), cancel);
  co_return answer;
}

Status FileSystem::remount(MountOptions options) {
  if (!options.read_only) {
    const Status writable = volume_.device->make_writable();
    if (!writable) {
      volume_.log_error(writable.error());
      return writable;
    }
  }
  // A remount with explicit-open puts it in force even on a device without limits, where a mount ignores it. zonefs in
  // Linux 6.12 does the same.
  if (!options.read_only) volume_.read_only_by_error = false;
  volume_.options = std::move(options);
  note_read_only_option();
  return {};
}

Task<Status> FileSystem::unmount() {
  Event& drained = volume_.requests.drained();
  co_await drained;
  co_await late_zeros_.finish();
  const Status flushed = co_await volume_.device->flush();
  if (!flushed) volume_.log_error(flushed.error());
  co_return flushed;
}

}  // namespace zonecopy::zonefs
