# shellcheck shell=bash
# Asks a RabbitMQ, in AMQP 0-9-1, whether a user may enter a virtual host.
# `rabbitmqctl` cannot tell: it needs rights on the machine and may reach another broker than the port does.

# amqp_enters PORT USER PASSWORD VHOST
amqp_enters() (
  exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
  printf 'AMQP\x00\x00\x09\x01' >&3
  [[ $(amqp_method) == 10.10 ]] || exit 1
  amqp_send "$(amqp_u16 10)$(amqp_u16 11)$(amqp_u32 0)$(amqp_short PLAIN)$(amqp_plain "$2" "$3")$(amqp_short en_US)"
  [[ $(amqp_method) == 10.30 ]] || exit 1
  amqp_send "$(amqp_u16 10)$(amqp_u16 31)$(amqp_u16 1)$(amqp_u32 131072)$(amqp_u16 0)"
  amqp_send "$(amqp_u16 10)$(amqp_u16 40)$(amqp_short "$4")$(amqp_short '')\x00"
  [[ $(amqp_method) == 10.41 ]] || exit 1
  amqp_send "$(amqp_u16 10)$(amqp_u16 50)$(amqp_u16 200)$(amqp_short '')$(amqp_u16 0)$(amqp_u16 0)"
  [[ $(amqp_method) == 10.51 ]]
) 2>/dev/null

# Bytes are kept as `\xNN` escapes, because a shell variable cannot hold a zero.
amqp_u16() { printf '\\x%02x\\x%02x' $(($1 >> 8)) $(($1 & 255)); }
amqp_u32() { printf '%s%s' "$(amqp_u16 $(($1 >> 16)))" "$(amqp_u16 $(($1 & 65535)))"; }
amqp_short() { printf '\\x%02x%s' "${#1}" "$1"; }
amqp_plain() { printf '%s\\x00%s\\x00%s' "$(amqp_u32 $((${#1} + ${#2} + 2)))" "$1" "$2"; }

# Sends a method in a frame of channel 0.
amqp_send() {
  local length
  length=$(printf '%b' "$1" | wc -c)
  printf '%b' "\\x01\\x00\\x00$(amqp_u32 "$length")$1\\xce" >&3
}

# Reads one frame and prints its method as CLASS.METHOD.
amqp_method() {
  local head body
  read -r -a head <<<"$(amqp_bytes 7)"
  ((${#head[@]} == 7)) || return 1
  local size=$(((head[3] << 24) + (head[4] << 16) + (head[5] << 8) + head[6]))
  read -r -a body <<<"$(amqp_bytes $((size + 1)))"
  printf '%s.%s' $(((body[0] << 8) + body[1])) $(((body[2] << 8) + body[3]))
}

# Byte by byte, so that nothing of the next frame is swallowed.
amqp_bytes() { timeout 10 dd bs=1 count="$1" status=none <&3 | od -An -v -tu1 | tr -s '\n' ' '; }
