package io.llamamesh.operator.status;

import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a mesh's registry.
 *
 * @param probes those that were registered when it last answered, by group and name
 * @param problem why it does not answer, in words for people; null where it does
 */
public record RegistryView(List<ListedProbe> probes, @Nullable String problem) {
  /** Nobody has been asked yet. */
  public static final RegistryView NOT_ASKED =
      new RegistryView(List.of(), "the registry has not been asked yet");

  /** False until it has been asked for the first time. */
  boolean isAsked() {
    return problem == null || !problem.equals(NOT_ASKED.problem());
  }

  public RegistryView {
    probes = List.copyOf(probes);
  }
}
