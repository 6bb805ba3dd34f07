package io.llamamesh.registry.main;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values of options that the command line does not give: from the environment, then from a config
 * file, as llama-sd's programs have it. A variable that is empty counts as unset.
 */
final class OptionSources implements IDefaultValueProvider {
  private static final int MAX_BYTES = 64 << 10;
  private static final TypeReference<LinkedHashMap<String, @Nullable Object>> KEYS =
      new TypeReference<>() {};

  /** Names that do not follow from the flag: {@code APP_} and the flag in capitals. */
  static final Map<String, String> REGISTRY =
      Map.of(
          "--interval", "LLAMA_INTERVAL",
          "--influxdb-host", "INFLUXDB_HOST",
          "--influxdb-port", "INFLUXDB_PORT",
          "--influxdb-name", "INFLUXDB_NAME",
          "--influxdb-username", "INFLUXDB_USERNAME");

  static final Map<String, String> REGISTER =
      Map.of(
          "--group", "LLAMA_GROUP",
          "--ip", "LLAMA_SOURCE_IP",
          "--keepalive", "LLAMA_KEEPALIVE",
          "--port", "LLAMA_PORT",
          "--server", "LLAMA_SERVER",
          "--tags", "LLAMA_TAGS",
          "--name", "PROBE_NAME",
          "--short-name", "PROBE_SHORTNAME");

  private final Map<String, String> variables;
  private final Map<String, String> environment;
  private final Map<String, String> file;
  private final @Nullable Path path;
  private final @Nullable String problem;
  private final Map<String, String> origins = new HashMap<>();

  private OptionSources(
      Map<String, String> variables,
      Map<String, String> environment,
      Map<String, String> file,
      @Nullable Path path,
      @Nullable String problem) {
    this.variables = variables;
    this.environment = environment;
    this.file = file;
    this.path = path;
    this.problem = problem;
  }

  /**
   * Finds the sources.
   *
   * @param variables names of variables by flag
   * @param args the command line, for {@code --config}
   * @param folder where {@code .config.yml} is looked for
   * @param home where it is looked for next
   */
  static OptionSources of(
      Map<String, String> variables,
      Map<String, String> environment,
      String[] args,
      Path folder,
      Path home) {
    String named = argument(args);
    if (named == null) {
      named = environment.get("APP_CONFIG");
    }
    Path path = null;
    if (named != null && !named.isBlank()) {
      path = Path.of(named);
    } else {
      for (Path usual : List.of(folder.resolve(".config.yml"), home.resolve(".config.yml"))) {
        if (path == null && Files.isRegularFile(usual)) {
          path = usual;
        }
      }
    }
    if (path == null) {
      return new OptionSources(variables, environment, Map.of(), null, null);
    }
    try {
      return new OptionSources(variables, environment, read(path), path, null);
    } catch (IOException e) {
      return new OptionSources(variables, environment, Map.of(), path, words(path, e));
    }
  }

  private static String words(Path path, IOException e) {
    String words =
        switch (e) {
          case java.nio.file.NoSuchFileException missing -> "it does not exist";
          case JsonProcessingException wrong ->
              "it must be lines of 'key: value': " + wrong.getOriginalMessage();
          default -> e.toString();
        };
    return "--config " + path + " cannot be used: " + words.lines().findFirst().orElse("");
  }

  private static @Nullable String argument(String[] args) {
    for (int i = 0; i < args.length; i++) {
      if ((args[i].equals("-c") || args[i].equals("--config")) && i + 1 < args.length) {
        return args[i + 1];
      }
      if (args[i].startsWith("--config=")) {
        return args[i].substring("--config=".length());
      }
    }
    return null;
  }

  private static Map<String, String> read(Path path) throws IOException {
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException("it is larger than " + MAX_BYTES + " bytes");
    }
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, @Nullable Object> keys =
        new YAMLMapper().readerFor(KEYS).readValue(Files.readString(path));
    if (keys != null) {
      keys.forEach((key, value) -> {
        if (value != null) {
          values.put(key, text(key, value));
        }
      });
    }
    return values;
  }

  /** A value as the command line would have it; tags may be a list or a mapping. */
  private static String text(String key, Object value) {
    String joined =
        switch (value) {
          case Collection<?> list ->
              list.stream().map(item -> text("", item)).collect(Collectors.joining(","));
          case Map<?, ?> map ->
              map.entrySet().stream()
                  .map(entry -> entry.getKey() + ": " + entry.getValue())
                  .collect(Collectors.joining(","));
          default -> value.toString();
        };
    return key.equals("tags") && !joined.startsWith("[") ? "[" + joined + "]" : joined;
  }

  /** The reason why the config file cannot be used; null where it can, or there is none. */
  @Nullable String problem() {
    return problem;
  }

  /** The config file; null without. */
  @Nullable Path path() {
    return path;
  }

  /** Keys of the config file that are no option. */
  List<String> unknown(Collection<String> flags) {
    return file.keySet().stream().filter(key -> !flags.contains("--" + key)).sorted().toList();
  }

  /** The origin of an option's value; null for the command line or the built-in default. */
  @Nullable String origin(String flag) {
    return origins.get(flag);
  }

  /** A variable of the environment; null where it is unset or blank. */
  @Nullable String variable(String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  @SuppressWarnings("NullAway") // picocli's null: there is no default here
  @Override
  public String defaultValue(ArgSpec spec) {
    if (!(spec instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
      return null;
    }
    String flag = option.longestName();
    if (flag.equals("--help") || flag.equals("--version") || flag.equals("--config")) {
      return null;
    }
    String variable =
        variables.getOrDefault(
            flag, "APP_" + flag.substring(2).toUpperCase(Locale.ROOT).replace('-', '_'));
    String value = variable(variable);
    if (value != null) {
      origins.put(flag, "$" + variable);
      return isFlag(option) ? truth(value) : value;
    }
    String key = flag.substring(2);
    if (file.containsKey(key)) {
      origins.put(flag, key + " in " + path);
      String text = file.get(key);
      return isFlag(option) && text != null ? truth(text) : text;
    }
    return null;
  }

  private static boolean isFlag(OptionSpec option) {
    return option.type() == boolean.class;
  }

  /** The words that llama-sd's programs take for a flag. */
  private static String truth(String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "1", "yes", "on" -> "true";
      case "0", "no", "off" -> "false";
      default -> text.strip();
    };
  }
}
