package io.llamamesh.registry.main;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Option {@code --config} of both programs, and refusals of what is given in the file or beside.
 */
final class ConfigFileOption {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description =
          "File with 'name: value' lines (default: $$APP_CONFIG, else .config.yml here or at home).")
  @SuppressWarnings("UnusedVariable") // for --help; OptionSources reads it before the rest
  private @Nullable Path config;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /**
   * Checks the file.
   *
   * @throws ParameterException where it cannot be read, or has keys that are no option: a key with
   *     a slip of the pen would be ignored in silence
   */
  void check(OptionSources sources) {
    if (sources.problem() != null) {
      throw wrong(sources.problem());
    }
    Set<String> options = known();
    List<String> unknown = sources.unknown(options);
    if (!unknown.isEmpty()) {
      throw wrong(
          "%s has keys that are no option: %s; known are %s"
              .formatted(
                  sources.path(),
                  String.join(", ", unknown),
                  String.join(
                      ", ",
                      options.stream()
                          .filter(name -> name.startsWith("--"))
                          .map(name -> name.substring(2))
                          .sorted()
                          .toList())));
    }
  }

  /** Options of both programs: they may share a file. */
  private Set<String> known() {
    Set<String> options = new TreeSet<>(command().optionsMap().keySet());
    CommandLine parent = command().commandLine().getParent();
    if (parent != null) {
      parent
          .getSubcommands()
          .values()
          .forEach(other -> options.addAll(other.getCommandSpec().optionsMap().keySet()));
    }
    return options;
  }

  /** A refusal of the command line. */
  ParameterException wrong(String message) {
    return new ParameterException(command().commandLine(), message);
  }

  private CommandSpec command() {
    if (command == null) {
      throw new IllegalStateException("picocli sets the command");
    }
    return command;
  }
}
