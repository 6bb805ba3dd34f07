package io.llamamesh.fabric;

import io.llamamesh.fabric.detector.DetectorOptions;
import io.llamamesh.fabric.overlay.OverlayOptions;

/**
 * Options of a fabric; the same for all nodes of a mesh.
 *
 * @param overlay sizes and rates of the views
 * @param detector timing of the failure detector
 */
public record FabricOptions(OverlayOptions overlay, DetectorOptions detector) {

  /** The options that all use unless they have a reason. */
  public static FabricOptions standard() {
    return new FabricOptions(OverlayOptions.standard(), DetectorOptions.adaptive());
  }
}
