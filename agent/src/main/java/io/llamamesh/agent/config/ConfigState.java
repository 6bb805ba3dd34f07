package io.llamamesh.agent.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * State of the config: the running document, and the newest refusal.
 *
 * @param origin where the running config came from; null when none runs
 * @param pairs number of pairs that it probes
 * @param ignored unknown keys that were skipped
 * @param skipped targets that were left out, one line each
 * @param error reason why the newest document was refused; null when it runs
 * @param applied number of documents that were applied
 * @param refused number of documents that were refused
 */
public record ConfigState(
    @Nullable String origin,
    int pairs,
    List<String> ignored,
    List<String> skipped,
    @Nullable String error,
    long applied,
    long refused) {

  /** Before the first document. */
  public static final ConfigState NONE = new ConfigState(null, 0, List.of(), List.of(), null, 0, 0);

  public ConfigState {
    ignored = List.copyOf(ignored);
    skipped = List.copyOf(skipped);
  }
}
