@NullMarked
package io.llamamesh.http;

import org.jspecify.annotations.NullMarked;
