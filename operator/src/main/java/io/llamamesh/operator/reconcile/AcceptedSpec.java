package io.llamamesh.operator.reconcile;

import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.SpecCheck;

/**
 * A spec in force.
 *
 * @param written the spec as its user wrote it
 * @param settings what it means
 */
record AcceptedSpec(LlamaMeshSpec written, MeshSettings settings) {
  /** A spec that {@link SpecCheck} has nothing against. */
  static AcceptedSpec of(LlamaMeshSpec written) {
    return new AcceptedSpec(written, MeshSettings.of(written));
  }
}
