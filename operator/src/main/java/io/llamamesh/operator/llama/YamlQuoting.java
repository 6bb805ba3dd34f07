package io.llamamesh.operator.llama;

import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.io.Serial;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Quoting of texts in YAML beyond what Jackson quotes: whatever some reader takes for something
 * else, such as {@code 1:30}, {@code 0o17}, {@code 2026-01-01} or {@code <<}.
 */
final class YamlQuoting extends StringQuotingChecker.Default {
  @Serial private static final long serialVersionUID = 1L;

  private static final Resolver YAML_1_1 = new Resolver();

  /** YAML 1.2's and Go's numbers. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(0[box][0-9a-fA-F_]*|[.]?[0-9][0-9_]*[.]?[0-9_]*([eE][-+]?[0-9]*)?)");

  @Override
  public boolean needToQuoteName(String name) {
    return isOther(name) || super.needToQuoteName(name);
  }

  @Override
  public boolean needToQuoteValue(String value) {
    return isOther(value) || super.needToQuoteValue(value);
  }

  private static boolean isOther(String text) {
    return !YAML_1_1.resolve(NodeId.scalar, text, true).equals(Tag.STR)
        || NUMBER.matcher(text).matches();
  }
}
