package io.llamamesh.operator.resources;

/**
 * Source of the user, the group and the fsGroup of the pods of agents and scraper. Neither is root.
 */
public enum PodUser {
  /** The operator: 65532, as in the images. */
  FIXED,

  /**
   * The platform, as OpenShift's SecurityContextConstraints do: the pods name none. Where the
   * platform names none either it is the images' user.
   */
  PLATFORM
}
