# libzonecopy for other programs: shared and static, its headers, and how CMake and pkg-config find them. All of it finds
# the rest by the way from its own folder, so that the prefix may be moved.
include(CMakePackageConfigHelpers)

get_property(headers GLOBAL PROPERTY ZONECOPY_HEADERS)
list(TRANSFORM headers PREPEND ${PROJECT_SOURCE_DIR}/include/zonecopy/)
install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/zonecopy)

# One export each, since who links the shared library needs none of what the static one is linked with.
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/zonecopy)
foreach(library IN ITEMS zonecopy zonecopy_static)
  target_compile_features(${library} INTERFACE cxx_std_20)
  install(TARGETS ${library} EXPORT ${library} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT ${library} NAMESPACE zonecopy:: FILE ${library}-targets.cmake DESTINATION ${package_folder})
endforeach()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/zonecopy-config.cmake.in zonecopy-config.cmake
                              INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO
                              NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(zonecopy-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/zonecopy-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/zonecopy-config-version.cmake
        DESTINATION ${package_folder})

file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH include_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/zonecopy.pc.in zonecopy.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/zonecopy.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
