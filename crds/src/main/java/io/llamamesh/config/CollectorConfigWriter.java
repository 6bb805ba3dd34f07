package io.llamamesh.config;

import io.llamamesh.config.CollectorConfig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes many documents that have targets in common: each target's text is made once, however many
 * documents it is in. With thousands of nodes that probe each other these texts are nearly all of
 * the work.
 *
 * <p>Thread-safe. It keeps every target's text, so let it go with the documents.
 */
public final class CollectorConfigWriter {
  /** Stands for a list of targets while the rest of the document is written. */
  private static final Target PLACE = new Target("here", 1, Map.of(), null, null);

  private static final String SECTION = "\ntargets:\n";

  /** How far the items of a list of targets are indented. */
  private static final String INDENT = "  ";

  private static final String PLACE_TEXT = text(PLACE);

  private final Map<Target, String> texts = new ConcurrentHashMap<>();

  /** Writes a document: the same bytes as {@link CollectorConfigYaml#write}. */
  public String write(CollectorConfig config) {
    Map<String, List<Target>> places = new LinkedHashMap<>();
    List<List<Target>> lists = new ArrayList<>();
    config
        .targets()
        .forEach((name, targets) -> {
          places.put(name, targets.isEmpty() ? targets : List.of(PLACE));
          if (!targets.isEmpty()) {
            lists.add(targets);
          }
        });
    if (lists.isEmpty()) {
      return CollectorConfigYaml.write(config);
    }
    String frame = CollectorConfigYaml.write(with(config, places));
    StringBuilder document = new StringBuilder();
    int done = 0;
    // Nothing else begins a line like this: keys of a section and lines of a text are indented.
    int at = frame.indexOf(SECTION);
    for (List<Target> targets : lists) {
      at = frame.indexOf(PLACE_TEXT, at);
      if (at < 0) {
        // The name of the list is none that YAML writes on one line, so the list is elsewhere.
        return CollectorConfigYaml.write(config);
      }
      document.append(frame, done, at);
      targets.forEach(
          target -> document.append(texts.computeIfAbsent(target, CollectorConfigWriter::text)));
      at += PLACE_TEXT.length();
      done = at;
    }
    return document.append(frame, done, frame.length()).toString();
  }

  private static String text(Target target) {
    StringBuilder text = new StringBuilder();
    CollectorConfigYaml.write(List.of(target))
        .lines()
        .forEach(line -> text.append(line.isEmpty() ? "" : INDENT).append(line).append('\n'));
    return text.toString();
  }

  private static CollectorConfig with(CollectorConfig config, Map<String, List<Target>> targets) {
    return new CollectorConfig(
        config.version(),
        config.mesh(),
        config.source(),
        config.summarization(),
        config.api(),
        config.ports(),
        config.portGroups(),
        config.rateLimits(),
        config.tests(),
        targets,
        config.retention(),
        config.ingest(),
        config.fabric(),
        config.keys());
  }
}
