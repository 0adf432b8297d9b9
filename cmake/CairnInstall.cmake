# The umbrella target and the CMake package, so that another project can say
#   find_package(Cairn REQUIRED)
#   target_link_libraries(app PRIVATE Cairn::cairn)        # or single rooms
include(CMakePackageConfigHelpers)

get_property(CAIRN_ROOM_TARGETS GLOBAL PROPERTY CAIRN_ROOMS)
add_library(cairn_everything INTERFACE)
add_library(Cairn::cairn ALIAS cairn_everything)
set_target_properties(cairn_everything PROPERTIES EXPORT_NAME cairn)
target_link_libraries(cairn_everything INTERFACE ${CAIRN_ROOM_TARGETS})
install(TARGETS cairn_everything EXPORT CairnTargets)

set(CAIRN_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Cairn)
install(EXPORT CairnTargets NAMESPACE Cairn:: DESTINATION ${CAIRN_PACKAGE_DIR})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/CairnConfig.cmake.in
  ${PROJECT_BINARY_DIR}/CairnConfig.cmake
  INSTALL_DESTINATION ${CAIRN_PACKAGE_DIR})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/CairnConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/CairnConfig.cmake
  ${PROJECT_BINARY_DIR}/CairnConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/CairnImported.cmake
  DESTINATION ${CAIRN_PACKAGE_DIR})
