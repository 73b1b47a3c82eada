#include "src/target/data_check.h"

#include "src/nvme/fabrics/admin.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;

DataPlan refuse(nvme::StatusCode status) { return {status, DataPath::none}; }

DataPlan check_in_capsule(const fabrics::Sgl& sgl, const Transfer& transfer, std::uint32_t capsule_bytes) {
  if (transfer.direction == DataDirection::to_host) return refuse(fabrics::status::sgl_descriptor_type_invalid);
  // Data in a capsule begins where the capsule says (ICDOFF is 0), so an offset would skip data of the same capsule.
  if (sgl.address != 0) return refuse(fabrics::status::sgl_offset_invalid);
  if (sgl.length_bytes != transfer.length_bytes || capsule_bytes != transfer.length_bytes) {
    return refuse(fabrics::status::data_sgl_length_invalid);
  }
  return {fabrics::status::success, DataPath::in_capsule};
}

DataPlan check_transport(const fabrics::Sgl& sgl, const Transfer& transfer, std::uint32_t capsule_bytes) {
  if (sgl.length_bytes != transfer.length_bytes || capsule_bytes != 0) {
    return refuse(fabrics::status::data_sgl_length_invalid);
  }
  const bool to_host = transfer.direction == DataDirection::to_host;
  return {fabrics::status::success, to_host ? DataPath::returned : DataPath::asked_for};
}

}  // namespace

DataPlan check_data(const fabrics::SubmissionEntry& entry, const Transfer& transfer, std::uint32_t capsule_bytes) {
  // A fused operation would have to be carried out together with another one.
  constexpr unsigned fuse_mask = 3;
  if ((entry.command.flags & fuse_mask) != 0 || !fabrics::has_sgl(entry.command)) {
    return refuse(fabrics::status::invalid_field);
  }
  if (transfer.status != fabrics::status::success) return refuse(transfer.status);
  if (transfer.direction == DataDirection::none || transfer.length_bytes == 0) {
    if (capsule_bytes != 0) return refuse(fabrics::status::data_sgl_length_invalid);
    return {};
  }
  if (entry.sgl.identifier == fabrics::sgl_in_capsule) return check_in_capsule(entry.sgl, transfer, capsule_bytes);
  if (entry.sgl.identifier == fabrics::sgl_transport) return check_transport(entry.sgl, transfer, capsule_bytes);
  return refuse(fabrics::status::sgl_descriptor_type_invalid);
}

}  // namespace zonecopy::target
