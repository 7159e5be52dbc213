"""Reads a delivery report from standard input as Python's email package has it, and prints what is in it as JSON."""
import base64
import email
import email.policy
import json
import sys

policy = email.policy.SMTPUTF8
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=policy)


def defects_of(part):
    inner = part.get_payload() if part.is_multipart() else []
    # The package takes an encoded message/* for the message itself.
    known = inner if part['Content-Transfer-Encoding'] != 'base64' else []
    return [repr(defect) for defect in part.defects] + [defect for one in known for defect in defects_of(one)]


def octets_of(part):
    """What a message/* part holds: the package has parsed it, and knows no transfer encoding there."""
    inner = part.get_payload()
    octets = inner[0].as_bytes(policy=policy) if isinstance(inner, list) else inner.encode('utf-8', 'surrogateescape')
    return base64.b64decode(octets) if part['Content-Transfer-Encoding'] == 'base64' else octets


def fields(block):
    return [[name, str(value)] for name, value in block.items()]


def groups_of(part):
    if part.get_content_type() == 'message/delivery-status':
        return [fields(block) for block in part.get_payload() if block.items()]
    texts = octets_of(part).replace(b'\r\n', b'\n').split(b'\n\n')
    return [fields(email.message_from_bytes(text + b'\n\n', policy=policy)) for text in texts if text.strip()]


def returned_of(part):
    headers_alone = part.get_content_type() == 'text/rfc822-headers'
    octets = part.get_payload(decode=True) if headers_alone else octets_of(part)
    inner = email.message_from_bytes(octets, policy=policy)
    body = inner.get_payload(decode=True) or b''
    return {'type': part.get_content_type(), 'fields': fields(inner), 'body': body.decode('utf-8', 'replace')}


text, status, *rest = mail.get_payload()
json.dump(
    {
        'type': mail.get_content_type(),
        'reportType': mail.get_param('report-type'),
        'fields': fields(mail),
        'text': text.get_content(),
        'statusType': status.get_content_type(),
        'groups': groups_of(status),
        'returned': returned_of(rest[0]) if rest else None,
        'defects': defects_of(mail),
    },
    sys.stdout,
)
